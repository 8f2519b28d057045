"""Laws of edits on source text, over generated and over odd hand-written files."""

import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from packetflow.composition.codec import dump, load
from packetflow.composition.codec_document import policy_document, step_document
from packetflow.composition.codec_nodes import parse_yaml
from packetflow.composition.codec_read import read_places
from packetflow.composition.edit import apply
from packetflow.errors import EditRefused, SourceError
from tests.strategies import names, pipelines, policies, resolve, steps

thorough = settings(
    deadline=None,
    max_examples=150,
    suppress_health_check=[
        HealthCheck.too_slow,
        HealthCheck.data_too_large,
        HealthCheck.filter_too_much,
    ],
)

ODD_FILES = {
    "comments everywhere": """\
# The file's own comment

pipeline: odd   # its name
version: 1
# about the steps
steps: # the list

  # first, fetch
  - use: fetch   # from the net
    # where from
    from: # wires
      # the wire
      url: link  # a link

  # then, both
  - parallel:
      # left
      - use: feel
      # right
      - {use: summarize, id: gist} # short
    # how many
    at_once: 2

  # the end of the list
# the end of the file
""",
    "flow style": "{pipeline: odd, steps: [{use: fetch}, {parallel: [{use: feel},{use: card,}]},"
    "],}",
    "flow on lines": """\
pipeline: odd
steps: [
    {use: fetch, from: {url: link}},
    {when: size(url) > 1,
     then: [{use: feel}], otherwise: {use: card}},
  ]
""",
    "no indentation": """\
pipeline: odd
steps:
- use: fetch
  with:
  - timeout: 10
  - retry:
      attempts: 3
- graph:
  - use: feel
  - use: card
    after:
    - feel
- choose:
  - when: a
    then:
    - use: summarize
  - when: b
    then: {use: fetch}
""",
    "wide indentation": """\
pipeline:    odd
steps:
        -   use:   fetch
            id:    "a b"


        -   each:
                -   use: feel
            over:
                text: texts
            into:   {tone: tones}
""",
    "windows line ends": "pipeline: odd\r\nsteps:\r\n  # c\r\n  - use: fetch\r\n\r\n  - race:\r\n"
    "      - use: feel\r\n      - use: card # d\r\n",
    "no last line end": "pipeline: odd\nsteps:\n  - use: fetch\n  - use: feel",
    "block text": """\
pipeline: odd
intent: |
  Two lines
  of intent.

steps:
  - when: >-
      size(url) > 1
      && ready
    then:
      - use: fetch
    id: ask

  - {approve: "Really,
      truly?", into: ok}
""",
    "a document's marks": "%YAML 1.2\n---\npipeline: odd\nsteps:\n- use: fetch\n- use: feel\n...\n",
    "unicode": "pipeline: ödd\nsteps:\n  # ☃ snow\n  - use: fetch  # 🎈\n    id: größe\n"
    "  - use: feel\n",
    "lists in lists": "pipeline: odd\nsteps:\n  - parallel:\n    - - use: fetch\n"
    "      - use: feel\n    - use: card\n  - [{use: fetch}, {use: feel}]\n",
    "keys without braces": "pipeline: odd\nsteps: [use: fetch, {use: feel, with: [timeout: 3]}]\n",
    "one step without a list": "pipeline: odd\nsteps:\n  # c\n  repeat:\n    use: fetch\n"
    "  at_most: 3\n",
    "quoted keys": "'pipeline': odd\n\"steps\":\n  - \"use\": 'fetch'\n"
    "    'from' : {\"url\": 'x'}\n",
    "explicit keys": "? pipeline\n: odd\n? steps\n:\n  - ? use\n    : fetch\n  - use: feel\n",
}


def ids_of(text):
    return [step.id for step, _ in read_places(parse_yaml(text)) if step.id is not None]


@st.composite
def places(draw, ids):
    if ids and draw(st.booleans()):
        return {draw(st.sampled_from(["before", "after"])): draw(st.sampled_from(ids))}
    return {
        "into": draw(st.sampled_from([None, *ids])),
        "slot": draw(st.sampled_from(["steps", "steps", "then", "otherwise"])),
        "at": draw(st.sampled_from([None, 0, 1])),
    }


@st.composite
def operations(draw, text):
    ids = ids_of(text)
    one = st.sampled_from(ids or ["none"])
    fields = st.one_of(
        st.tuples(st.sampled_from(["from", "to", "over", "into", "set"]), _maps),
        st.tuples(st.sampled_from(["when", "until", "key", "use", "wait_for", "approve"]), names),
        st.tuples(st.sampled_from(["at_once", "within", "at_most"]), st.integers(1, 9)),
        st.tuples(
            st.sampled_from(["from", "to", "over", "into", "at_once", "until", "with"]), st.none()
        ),
    )
    kind = draw(st.sampled_from(KINDS_OF_EDIT))
    match kind:
        case "insert":
            new = step_document(draw(steps()))
            return {"op": kind, "step": _without_ids(new), "place": draw(places(ids))}
        case "move":
            return {"op": kind, "step": draw(one), "place": draw(places(ids))}
        case "set":
            field, value = draw(fields)
            return {"op": kind, "step": draw(one), "field": field, "value": value}
        case "rename":
            return {"op": kind, "step": draw(one), "to": draw(names)}
        case "header":
            return {"op": kind} | draw(st.sampled_from(HEADERS))
        case "read":
            return {"op": kind, "step": draw(one), "input": draw(names), "from": draw(names)}
        case "leave":
            return {"op": kind, "step": draw(one), "input": draw(names)}
        case "after" | "not_after":
            return {"op": kind, "step": draw(one), "wait_for": draw(one)}
        case "wrap":
            into = draw(st.sampled_from(["parallel", "sequence", "race", "when", "each", "graph"]))
            extra = {"when": {"when": "x > 1"}, "each": {"over": {"a": "b"}}}.get(into, {})
            start = draw(st.integers(0, max(0, len(ids) - 1)))
            wrapped = (ids or ["none"])[start : start + draw(st.integers(1, 2))]
            return {"op": kind, "steps": wrapped, "kind": into, "fields": extra}
        case "guard":
            return {"op": kind, "step": draw(one), "policy": policy_document(draw(policies))}
        case "unguard":
            return {"op": kind, "step": draw(one), "at": draw(st.integers(0, 1))}
        case "kind":
            to = draw(st.sampled_from(["parallel", "sequence", "race", "fallback", "call"]))
            return {"op": kind, "step": draw(one), "kind": to}
        case _:
            return {"op": kind, "step": draw(one)}


_maps = st.dictionaries(names, names, max_size=3)
KINDS_OF_EDIT = [
    "insert", "insert", "remove", "move", "move", "set", "set", "rename", "header", "read", "leave",
    "after", "not_after", "wrap", "wrap", "unwrap", "guard", "unguard", "kind",
]  # fmt: skip
HEADERS = [
    {"field": "intent", "value": "New: intent # here"},
    {"field": "intent"},
    {"field": "version", "value": 7},
    {"field": "requires", "value": ["a", "b?"]},
    {"field": "provides"},
    {"field": "triggers", "value": [{"schedule": "0 7 * * 1"}]},
    {"field": "exposed", "value": True},
    {"field": "pipeline", "value": "other"},
]


def _without_ids(written):
    if isinstance(written, dict):
        return {
            key: value if key in {"set", "from", "to", "with"} else _without_ids(value)
            for key, value in written.items()
            if key not in {"id", "after"}
        }
    return [_without_ids(item) for item in written] if isinstance(written, list) else written


def comments(text):
    return sorted(re.findall(r"(?:^|\s)(#[^\r\n\"]*)", text, flags=re.MULTILINE))


def check_edit(text, operation):
    """The laws that hold for any edit that is not refused."""
    edited = apply(text, operation)

    assert apply(edited.text, edited.inverse).text == text
    ids, before = ids_of(edited.text), ids_of(text)
    if operation["op"] in {"insert", "wrap"}:
        assert set(before) <= set(ids)
    elif operation["op"] == "rename":
        assert [operation["to"] if n == operation["step"] else n for n in before] == ids
    elif operation["op"] == "move":
        assert sorted(before) == sorted(ids)
    elif operation["op"] not in {"remove", "unwrap"}:
        assert before == ids
    return edited


@thorough
@given(st.data())
def test_an_edit_of_a_dumped_file_is_undone_by_its_inverse(data):
    text = dump(data.draw(pipelines))
    operation = data.draw(operations(text))

    reason = ""
    try:
        check_edit(text, operation)
    except EditRefused as refused:
        reason = refused.message

    assert "laid out" not in reason


@pytest.mark.parametrize("text", ODD_FILES.values(), ids=ODD_FILES)
@settings(thorough, max_examples=60)
@given(st.data())
def test_an_edit_of_an_odd_file_is_undone_by_its_inverse(text, data):
    operation = data.draw(operations(text))

    try:
        edited = check_edit(text, operation)
    except EditRefused:
        return

    if operation["op"] in {"insert", "move", "rename", "read", "leave", "after", "wrap", "guard"}:
        assert comments(edited.text) == comments(text)
    if "\r\n" in text:
        assert "\n" not in edited.text.replace("\r\n", "")


GRAPH = """\
pipeline: p
steps:
  - graph:
      - use: fetch
      - {use: feel, after: [fetch]}
"""
ODD = ODD_FILES["comments everywhere"]


def test_a_comment_above_a_step_moves_with_it():
    edited = apply(ODD, {"op": "move", "step": "gist", "place": {"at": 0}})

    assert "steps: # the list\n      # right\n" not in edited.text
    assert "steps: # the list\n  # right\n  - {use: summarize, id: gist} # short\n" in edited.text


def test_only_the_lines_of_the_touched_step_change():
    edited = apply(ODD, {"op": "read", "step": "fetch", "input": "url", "from": "address"})

    before, after = ODD.splitlines(), edited.text.splitlines()
    changed = [(one, other) for one, other in zip(before, after, strict=True) if one != other]
    assert changed == [("      url: link  # a link", "      url: address  # a link")]


def test_setting_what_is_there_already_changes_no_byte():
    operation = {"op": "set", "step": "fetch", "field": "from", "value": {"url": "link"}}

    assert apply(ODD, operation).text == ODD


def test_taking_a_wire_away_leaves_the_input_to_its_default():
    text = "pipeline: p\nsteps:\n  - use: summarize # here\n"

    edited = apply(text, {"op": "leave", "step": "summarize", "input": "language"})

    assert edited.text == text + "    from: {language: null}\n"
    assert load(edited.text, resolve).step.reads == {"language": None}


def test_ids_of_other_steps_stay_when_a_step_comes_before_them():
    text = "pipeline: p\nsteps:\n  - use: fetch\n  - use: feel\n"

    edited = apply(text, {"op": "insert", "step": {"use": "fetch"}, "place": {"at": 0}})

    assert ids_of(edited.text) == ["fetch_2", "fetch", "feel"]


def test_a_step_taken_out_of_a_graph_is_no_longer_waited_for():
    text = (
        "pipeline: p\nsteps:\n  - graph:\n      - use: fetch\n      - {use: feel, after: [fetch]}\n"
    )

    edited = apply(text, {"op": "remove", "step": "fetch"})

    assert edited.text == "pipeline: p\nsteps:\n  - graph:\n      - {use: feel}\n"


def test_a_fixed_secret_stays_when_its_stand_in_is_written_back():
    text = "pipeline: p\nsteps:\n  - use: fetch\n    set: {key: sesame, url: here}\n"
    value = {"key": {"$secret": True}, "url": "there", "list": [1]}

    edited = apply(text, {"op": "set", "step": "fetch", "field": "set", "value": value})

    kept = {"key": "sesame", "url": "there", "list": [1]}
    assert parse_yaml(edited.text).plain()["steps"][0]["set"] == kept


def test_the_stand_in_of_a_secret_that_is_not_there_is_refused():
    text = "pipeline: p\nsteps:\n  - use: fetch\n"
    value = {"key": {"$secret": True}}

    with pytest.raises(EditRefused, match="no fixed value of 'key'"):
        apply(text, {"op": "set", "step": "fetch", "field": "set", "value": value})


def test_a_wrapped_step_of_a_graph_hands_its_order_to_the_wrapper():
    text = (
        "pipeline: p\nsteps:\n  - graph:\n      - use: fetch\n      - {use: feel, after: [fetch]}\n"
    )

    edited = apply(text, {"op": "wrap", "steps": ["fetch"], "kind": "race"})

    assert load(edited.text, resolve).step.after == {"feel": ("race",)}


@pytest.mark.parametrize(
    ("operation", "reason"),
    [
        ({"op": "nonsense"}, "no edit"),
        ({"op": "remove"}, "step"),
        ({"op": "remove", "step": "fetsh"}, "did you mean 'fetch'"),
        ({"op": "rename", "step": "fetch", "to": "gist"}, "taken"),
        ({"op": "set", "step": "fetch", "field": "form", "value": {}}, "did you mean 'from'"),
        ({"op": "set", "step": "fetch", "field": "from", "value": 3}, "unreadable"),
        ({"op": "insert", "step": {"usee": "x"}}, "unreadable"),
        ({"op": "insert", "step": {"use": "x"}, "place": {"at": 9}}, "no position 9"),
        ({"op": "move", "step": "parallel", "place": {"into": "parallel"}}, "itself"),
        ({"op": "wrap", "steps": ["fetch", "gist"], "kind": "race"}, "side by side"),
        ({"op": "after", "step": "fetch", "wait_for": "gist"}, "one graph"),
        ({"op": "unguard", "step": "fetch", "at": 0}, "no policy"),
        ({"op": "replace", "at": 0, "old": "x", "new": ""}, "has changed since"),
    ],
)
def test_an_edit_that_makes_no_sense_is_refused_with_the_reason(operation, reason):
    with pytest.raises(EditRefused, match=re.escape(reason)):
        apply(ODD, operation)


def test_a_whole_text_that_cannot_be_read_is_refused_with_its_line():
    with pytest.raises(SourceError) as caught:
        apply(ODD, {"op": "text", "text": "pipeline: p\nstepz: []\n"})

    assert caught.value.line == 1
    assert [other.line for other in caught.value.others] == [2]
