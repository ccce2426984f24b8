# SPDX-License-Identifier: Apache-2.0
defmodule Demo do
  # Says where it runs, with what it knows its node by.
  use Application

  def start(_type, _arguments) do
    IO.puts("elixir #{System.version()} on #{node()}, number #{System.get_env("HYDROS_NODE")} of #{System.get_env("HYDROS_NODES")}")
    Supervisor.start_link([], strategy: :one_for_one)
  end
end
