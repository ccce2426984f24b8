# SPDX-License-Identifier: Apache-2.0
defmodule Demo.MixProject do
  use Mix.Project

  def project do
    [app: :demo, version: "0.1.0", elixir: "~> 1.14", start_permanent: true, deps: [],
     releases: [demo: [include_erts: true]]]
  end

  def application do
    [extra_applications: [:logger], mod: {Demo, []}]
  end
end
