"""The suggested class: learnt from cases, honest about its confidence, never run from what is stored."""

import random

import pytest
from factories.world import World

from linli.cases import actions, queries, suggest
from linli.cases.suggest import Example
from linli.foundation.access import SYSTEM, acting_as
from linli.foundation.errors import NotAllowed

CATALOGUE = [
    Example("暴露垃圾 垃圾 堆放 异味", "0101"),
    Example("路灯不亮 路灯 灯 黑", "0102"),
    Example("井盖破损 井盖 缺失", "0103"),
]


def test_the_catalogue_alone_suggests() -> None:
    model = suggest.learn(CATALOGUE, [])
    assert model.suggest("小区门口路灯坏了，晚上很黑")[0].class_code == "0102"
    assert model.suggest("井盖没有了")[0].class_code == "0103"
    assert model.suggest("!!!") == []
    assert model.suggest("xyzzy") == []


def test_it_learns_words_that_the_catalogue_lacks() -> None:
    cases = [Example(f"楼下大妈跳广场舞噪音太大{i}", "0101") for i in range(20)]
    assert suggest.learn(CATALOGUE, []).suggest("广场舞") == []
    assert suggest.learn(CATALOGUE, cases).suggest("广场舞")[0].class_code == "0101"


def test_confidence_is_about_as_often_right_as_it_says() -> None:
    rng = random.Random(7)
    common = list("的了在小区门口昨天今天请尽快处理一下谢谢")
    own = {"0101": "垃圾堆臭脏桶", "0102": "灯亮黑夜路线", "0103": "井盖坑洞车陷"}

    def example() -> Example:
        code = rng.choice(list(own))
        # One text in four uses the words of another class: nobody can be always right.
        source = code if rng.random() < 0.75 else rng.choice(list(own))
        signs = rng.choices(own[source], k=3) + rng.choices(common, k=8)
        rng.shuffle(signs)
        return Example("，".join(signs), code)

    model = suggest.learn(CATALOGUE, [example() for _ in range(2000)])
    fresh = [(model.suggest(text, 1)[0], code) for text, code in (example() for _ in range(1000))]
    right = sum(said.class_code == code for said, code in fresh) / len(fresh)
    said = sum(said.confidence for said, _ in fresh) / len(fresh)
    assert model.accuracy == pytest.approx(right, abs=0.06)
    assert said == pytest.approx(right, abs=0.08)


def test_a_model_survives_being_stored() -> None:
    model = suggest.learn(CATALOGUE, [Example("垃圾", "0101")] * 60)
    again = suggest.load(model.dump())
    text = "门口垃圾没人收"
    assert [s.class_code for s in again.suggest(text)] == [s.class_code for s in model.suggest(text)]
    assert again.accuracy == model.accuracy


@pytest.mark.django_db
def test_every_process_takes_up_the_new_model(world: World) -> None:
    from linli.cases.rules import Report

    with acting_as(SYSTEM):
        assert queries.suggested_classes("广场舞") == []
        made = [
            actions.collect(
                report=Report(description="广场舞太吵", class_code="0101", unit_id=world.id("Q")), by=SYSTEM
            )
            for _ in range(3)
        ]
        ids = [one.case.id for one in made]
        from linli.foundation.access import Actor, ActorKind, Grant, Role

        everyone = Actor(None, ActorKind.SYSTEM, "test", tuple(Grant(role) for role in Role))
        for verb in (actions.file, actions.dispatch, actions.accept):
            verb(cases=ids, by=everyone)
        actions.report_back(cases=ids, by=everyone, note="已劝导")
        actions.verify(cases=ids, by=everyone)
        actions.close(cases=ids, by=everyone)
        actions.learn_classes(by=SYSTEM)
        queries.forget()
        assert queries.suggested_classes("广场舞")[0].class_code == "0101"
    with pytest.raises(NotAllowed):
        actions.learn_classes(by=world.resident())


@pytest.mark.django_db
def test_nothing_is_suggested_before_there_are_classes() -> None:
    assert queries.suggested_classes("路灯不亮") == []
