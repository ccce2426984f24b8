# SPDX-License-Identifier: Apache-2.0
# MIX_ENV=prod mix release; then, in the project's directory:
# make run RELEASE=examples/elixir_counter/_build/prod/rel/elixir_counter
defmodule ElixirCounter.MixProject do
  use Mix.Project

  def project do
    [
      app: :elixir_counter,
      version: "1.0.0",
      elixir: "~> 1.14",
      deps: [],
      releases: [elixir_counter: [include_erts: true]]
    ]
  end

  def application do
    [extra_applications: [:logger, :crypto], mod: {ElixirCounter, []}]
  end
end
