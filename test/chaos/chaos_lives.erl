%% SPDX-License-Identifier: Apache-2.0
%% When the present life of each node began, as it was read when that was first seen to run, and so whether a line of its log is of that
%% life: pure. A line may come late, when the next life runs already; what it says of the node is no longer so.
-module(chaos_lives).
-export([new/0, runs/4, wrote/4]).
-export_type([lives/0]).

-type lives() :: #{non_neg_integer() => {Life :: non_neg_integer(), StartedUs :: non_neg_integer()}}.

-spec new() -> lives().
new() -> #{}.

%% The node runs in this life. What its page says later about the beginning may be what an injection altered.
-spec runs(non_neg_integer(), non_neg_integer(), non_neg_integer(), lives()) -> lives().
runs(Node, Life, StartedNs, Lives) ->
    case Lives of
        #{Node := {Life, _}} -> Lives;
        _ -> Lives#{Node => {Life, StartedNs div 1000}}
    end.

%% Did this life write a line of that time (of the machine, microseconds)? Before it runs it writes none that the driver asks about.
-spec wrote(non_neg_integer(), non_neg_integer(), non_neg_integer(), lives()) -> boolean().
wrote(Node, Life, Us, Lives) ->
    case Lives of
        #{Node := {Life, Started}} -> Us >= Started;
        _ -> false
    end.
