# SPDX-License-Identifier: Apache-2.0
defmodule ElixirCounter do
  @moduledoc "Counts on every node."
  use Application

  @impl true
  def start(_type, _arguments) do
    Supervisor.start_link([ElixirCounter.Server], strategy: :one_for_one, name: ElixirCounter.Supervisor)
  end
end
