# SPDX-License-Identifier: Apache-2.0
defmodule ElixirCounter.Server do
  @moduledoc """
  Counts once a second, and says on which node: on this node's console, and first also in the machine's log, which
  is shown whichever console is selected.
  """
  use GenServer

  def start_link(_), do: GenServer.start_link(__MODULE__, 0, name: __MODULE__)

  @impl true
  def init(value) do
    line =
      "elixir_counter: node #{System.get_env("HYDROS_NODE")} of #{System.get_env("HYDROS_NODES")} is #{node()}, " <>
        "Elixir #{System.version()} from #{:code.root_dir()}\n"

    IO.write(line)
    File.write("/dev/kmsg", line)
    Process.send_after(self(), :count, 1000)
    {:ok, value}
  end

  @impl true
  def handle_call(:value, _from, value), do: {:reply, value, value}

  @impl true
  def handle_info(:count, value) do
    IO.puts("elixir_counter: #{value + 1} on #{node()}")
    Process.send_after(self(), :count, 1000)
    {:noreply, value + 1}
  end
end
