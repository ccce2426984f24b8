%% SPDX-License-Identifier: Apache-2.0
-module(hydros_address_tests).
-include_lib("proper/include/proper.hrl").
-include_lib("eunit/include/eunit.hrl").

find_test_() ->
    [
        ?_assertEqual({ok, {3, "dist"}}, hydros_address:find('n3@hydros', "hydros", 4)),
        ?_assertEqual({ok, {1, "dist.counter"}}, hydros_address:find('counter@n1', "hydros", 4)),
        ?_assertEqual({ok, {1, "dist.counter"}}, hydros_address:find("counter@n1.hydros", "hydros", 4)),
        ?_assertEqual(error, hydros_address:find('n4@hydros', "hydros", 4)),
        ?_assertEqual(error, hydros_address:find('n1@other', "hydros", 4)),
        ?_assertEqual(error, hydros_address:find('counter@n4', "hydros", 4)),
        ?_assertEqual(error, hydros_address:find('n01@hydros', "hydros", 4)),
        ?_assertEqual(error, hydros_address:find('n-1@hydros', "hydros", 4)),
        ?_assertEqual(error, hydros_address:find(n1, "hydros", 4)),
        ?_assertEqual(error, hydros_address:find('a@b@n1', "hydros", 4))
    ].

names_test_() ->
    [
        ?_assertEqual([{0, 'n0@h.x'}, {2, 'n2@h.x'}], hydros_address:names('n1@h.x', "h.x", 3, [0, 2])),
        ?_assertEqual([{0, a@n0}], hydros_address:names(a@n1, "hydros", 3, [0])),
        ?_assertEqual([{0, 'a@n0.hydros'}], hydros_address:names('a@n1.hydros', "hydros", 3, [0])),
        ?_assertEqual([], hydros_address:names(a@b, "hydros", 3, [0]))
    ].

path_test_() ->
    [
        ?_assertEqual({ok, 12}, hydros_address:number_of_path("/node", "/node/12/dist")),
        ?_assertEqual({ok, 12}, hydros_address:number_of_path("/node", <<"/node/12">>)),
        ?_assertEqual(error, hydros_address:number_of_path("/node", "/nodes/12/dist")),
        ?_assertEqual(error, hydros_address:number_of_path("/node", "/node/../dist")),
        ?_assertEqual(error, hydros_address:number_of_path("/node", ""))
    ].

allowed_test_() ->
    Allows = fun(Node, Number) -> dist_util:is_allowed(Node, hydros_address:allowed(Number)) end,
    [
        ?_assert(Allows("n1@hydros", 1)),
        ?_assert(Allows("counter@n1", 1)),
        ?_assert(Allows("counter@n1.hydros", 1)),
        ?_assertNot(Allows("n2@hydros", 1)),
        ?_assertNot(Allows("n11@hydros", 1)),
        ?_assertNot(Allows("n1x@hydros", 1)),
        ?_assertNot(Allows("counter@n2", 1))
    ].

%% Who is named by names/4 is found where it should be, and may connect from there.
prop_names() ->
    ?FORALL({Count, Self, Form}, {range(1, 64), range(0, 63), oneof([own, short, long])},
        begin
            Of = Self rem Count,
            Node = node_name(Form, Of),
            Names = hydros_address:names(Node, "hydros", Count, lists:seq(0, Count - 1)),
            length(Names) =:= Count andalso lists:member({Of, Node}, Names) andalso
                lists:all(
                    fun({Number, Name}) ->
                        {ok, {At, Socket}} = hydros_address:find(Name, "hydros", Count),
                        Path = hydros_address:path("/node", At, Socket),
                        At =:= Number andalso {ok, Number} =:= hydros_address:number_of_path("/node", Path) andalso
                            dist_util:is_allowed(atom_to_list(Name), hydros_address:allowed(Number))
                    end,
                    Names
                )
        end).

node_name(own, Number) -> list_to_atom("n" ++ integer_to_list(Number) ++ "@hydros");
node_name(short, Number) -> list_to_atom("counter@n" ++ integer_to_list(Number));
node_name(long, Number) -> list_to_atom("counter@n" ++ integer_to_list(Number) ++ ".hydros").

%% Nothing that stands in a path makes it fail.
prop_any_path() ->
    ?FORALL(Path, binary(), begin _ = hydros_address:number_of_path("/node", <<"/node/", Path/binary>>), true end).

properties_test_() ->
    {timeout, 60, ?_assertEqual([], proper:module(?MODULE, [{numtests, 200}, {to_file, user}]))}.
