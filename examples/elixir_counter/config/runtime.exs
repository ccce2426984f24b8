# SPDX-License-Identifier: Apache-2.0
import Config
config :elixir_counter, node_number: String.to_integer(System.get_env("HYDROS_NODE", "0"))
