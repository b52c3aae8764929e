"""Variables live in scopes."""

from decimal import Decimal

from .diagrams import end, mapping, process, script, service_task, start, sub_process


def test_a_result_goes_to_the_nearest_scope_that_has_the_name_else_to_the_process(world):
    world.deploy(
        process(
            "scopes",
            start(),
            sub_process(
                "sub",
                start("s"),
                service_task("work", "work"),
                end("e"),
                flows="s>work>e",
                extensions=mapping("in local = =1"),
            ),
            end(),
            flows="start>sub>end",
        )
    )
    instance = world.start("scopes", {"outer": 0})

    world.complete_job("work", {"local": 2, "outer": 3, "new": 4})

    assert world.variables(instance) == {"outer": 3, "new": 4}
    sub = next(e for e in world.store.history if e.element_id == "sub")
    assert world.store.variables_of(instance, sub.key) == {"local": 2}


def test_output_mappings_switch_the_default_merge_off(world):
    world.deploy(
        process(
            "outputs",
            start(),
            service_task("work", "work", extra=mapping("out total = =amount + 1")),
            end(),
            flows="start>work>end",
        )
    )
    instance = world.start("outputs")

    world.complete_job("work", {"amount": 41, "noise": "x"})

    assert world.variables(instance) == {"total": 42}


def test_an_input_without_source_is_null_and_one_without_equals_sign_is_text(world):
    world.deploy(
        process(
            "inputs",
            start(),
            service_task("work", "work", extra=mapping("in nothing", "in text = 12", "in number = =12")),
            end(),
            flows="start>work>end",
        )
    )
    world.start("inputs")

    seen = world.runtime().visible_variables(world.job("work").element_instance_key)

    assert dict(seen) == {"nothing": None, "text": "12", "number": 12}


def test_dotted_targets_make_contexts_and_outputs_keep_what_is_there(world):
    world.deploy(
        process(
            "dotted",
            start(),
            service_task(
                "work",
                "work",
                extra=mapping(
                    "in a.b = =1", "in a.c.d = =2", "out order.state = =state", "out order.by.name = =who"
                ),
            ),
            end(),
            flows="start>work>end",
        )
    )
    instance = world.start("dotted", {"order": {"id": 7, "by": {"age": 30}}})
    seen = world.runtime().visible_variables(world.job("work").element_instance_key)
    assert seen["a"] == {"b": 1, "c": {"d": 2}}

    world.complete_job("work", {"state": "paid", "who": "Lin"})

    assert world.variables(instance)["order"] == {
        "id": 7,
        "by": {"age": 30, "name": "Lin"},
        "state": "paid",
    }


def test_a_mapping_sees_what_the_mappings_before_it_made(world):
    world.deploy(
        process(
            "chain",
            start(),
            script("calc", "=b", "r", extensions=mapping("in a = =1", "in b = =a + 1", "out c = =r * 10")),
            end(),
            flows="start>calc>end",
        )
    )

    instance = world.start("chain")

    assert world.variables(instance) == {"c": 20}


def test_parallel_branches_share_the_variables_of_their_scope(world):
    world.deploy(
        process(
            "shared",
            start(),
            '<bpmn:parallelGateway id="split" />',
            script("one", "=n + 1", "n"),
            script("two", "=n + 1", "n"),
            '<bpmn:parallelGateway id="join" />',
            end(),
            flows="start>split>one>join>end; split>two>join",
        )
    )

    instance = world.start("shared", {"n": 0})

    assert world.variables(instance) == {"n": 2}


def test_numbers_stay_exact_and_large_values_are_read_when_needed(world):
    world.deploy(
        process(
            "exact",
            start(),
            service_task("work", "work"),
            script("add", "=amount + 0.01", "amount"),
            end(),
            flows="start>work>add>end",
        )
    )
    document = {"text": "x" * 5000}
    instance = world.start("exact", {"amount": Decimal("9007199254740993.00"), "document": document})

    world.complete_job("work", {"rate": 0.1})

    assert world.variables(instance) == {
        "amount": Decimal("9007199254740993.01"),
        "rate": Decimal("0.1"),
        "document": document,
    }


def test_variables_can_be_set_from_outside_locally_or_upwards(world):
    world.deploy(process("outside", start(), service_task("work", "work"), end(), flows="start>work>end"))
    instance = world.start("outside", {"a": 1})
    scope = world.job("work").element_instance_key

    world.set_variables(scope, {"a": 2, "b": 3})
    world.set_variables(scope, {"c": 4}, local=True)

    assert world.variables(instance) == {"a": 2, "b": 3}
    assert world.runtime().visible_variables(scope)["c"] == 4
