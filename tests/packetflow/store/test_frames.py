from __future__ import annotations

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from packetflow.errors import JournalDamaged
from packetflow.kernel.ids import new_id
from packetflow.kernel.records import (
    CapabilitySeen,
    DefinitionSeen,
    EventArrived,
    ExecutionEnded,
    ExecutionResumed,
    ExecutionStarted,
    LogLine,
    MessagePosted,
    MetricPoint,
    ProcessSeen,
    ScoreGiven,
    SpanEnded,
    StepDecision,
    StepIntent,
    WaitStarted,
    decoder,
    encoder,
)
from packetflow.store.frames import (
    PIECE_BYTES,
    frame,
    has_grown,
    mentions,
    read_segment,
    records_of,
    sizes_of,
)
from packetflow.store.journal import JournalWriter
from tests.packetflow.store.records import span, whole

# written on 2026-11-21 by the first version of the format: it must stay readable for ever
IDENTITY = "0193b0a2-7e2f-7c1d-9a55-0a1b2c3d4e5f"
BLOB = msgspec.msgpack.Ext(1, b"x")
GOLDEN = {
    "def": (
        (
            "2800000060f2c51f97a3646566a461613131a8706970656c696e65a76f6e626f617264a131a97374"
            "6570733a205b5d07"
        ),
        DefinitionSeen("aa11", "pipeline", "onboard", "1", "steps: []", 7),
    ),
    "exec": (
        (
            "5c0000007c9f400b9fa465786563d92430313933623061322d376532662d376331642d396135352d"
            "3061316232633364346535660107a76f6e626f617264a131a461613131a66d616e75616c82a16e01"
            "a174d40178a27231c0c0a3616461c081a16ba176"
        ),
        ExecutionStarted(
            IDENTITY,
            1,
            7,
            "onboard",
            "1",
            "aa11",
            "manual",
            {"n": 1, "t": BLOB},
            "r1",
            None,
            None,
            "ada",
            None,
            {"k": "v"},
        ),
    ),
    "resume": (
        (
            "380000009e88b68996a6726573756d65d92430313933623061322d376532662d376331642d396135"
            "352d3061316232633364346535660208a27232a46c6f7374"
        ),
        ExecutionResumed(IDENTITY, 2, 8, "r2", "lost"),
    ),
    "span": (
        (
            "73000000308cb619dc0012a47370616ed92430313933623061322d376532662d376331642d396135"
            "352d30613162326333643465356601cf800000000000000501a876616c6964617465920003a37573"
            "65a876616c6964617465a26f6b02076381a1789201c0a145a377687981a169c4013181a56d6f6465"
            "6ca16d"
        ),
        SpanEnded(
            IDENTITY,
            1,
            2**63 + 5,
            1,
            "validate",
            (0, 3),
            "use",
            "validate",
            "ok",
            2,
            7,
            99,
            {"x": [1, None]},
            "E",
            "why",
            {"i": b"1"},
            {"model": "m"},
        ),
    ),
    "intent": (
        (
            "3c000000b5b9780f98a6696e74656e74d92430313933623061322d376532662d376331642d396135"
            "352d30613162326333643465356601a473656e649101a36b65790702"
        ),
        StepIntent(IDENTITY, 1, "send", (1,), "key", 7, 2),
    ),
    "decide": (
        (
            "3f000000a0760e4398a6646563696465d92430313933623061322d376532662d376331642d396135"
            "352d30613162326333643465356601a5726574727990a67061737365730307"
        ),
        StepDecision(IDENTITY, 1, "retry", (), "passes", 3, 7),
    ),
    "wait": (
        (
            "4f0000000e6469b49ba477616974d92430313933623061322d376532662d376331642d396135352d"
            "30613162326333643465356601a361736b90a8617070726f766564a16b0007a75265616c6c793f92"
            "a3796573a26e6f"
        ),
        WaitStarted(IDENTITY, 1, "ask", (), "approved", "k", 0, 7, "Really?", ("yes", "no")),
    ),
    "event": (
        "240000000f30a44897a56576656e74a3657631a8617070726f766564a16b81a26279a361646107a472657374",
        EventArrived("ev1", "approved", "k", {"by": "ada"}, 7, "rest"),
    ),
    "end": (
        (
            "4b000000d2081ab199a3656e64d92430313933623061322d376532662d376331642d396135352d30"
            "61316232633364346535660109a66661696c656480a473656e64a74f534572726f72a86e6f20726f"
            "757465"
        ),
        ExecutionEnded(IDENTITY, 1, 9, "failed", {}, "send", "OSError", "no route"),
    ),
    "log": (
        (
            "4500000011978f0998a36c6f67d92430313933623061322d376532662d376331642d396135352d30"
            "61316232633364346535660307a56175646974a4696e666fa473656e7481a2746fa3626f62"
        ),
        LogLine(IDENTITY, 3, 7, "audit", "info", "sent", {"to": "bob"}),
    ),
    "metric": (
        (
            "4a00000082ad5a2497a66d657472696307a473656e74a7636f756e746572cb3ff800000000000081"
            "a161a162d92430313933623061322d376532662d376331642d396135352d30613162326333643465"
            "3566"
        ),
        MetricPoint(7, "sent", "counter", 1.5, {"a": "b"}, IDENTITY),
    ),
    "message": (
        "230000003280f1ef99a76d657373616765a26d31a46465736b07a475736572a3616461a568656c6c6fc0c0",
        MessagePosted("m1", "desk", 7, "user", "ada", "hello", None, None),
    ),
    "cap": (
        (
            "26000000d061381f9ba3636170a56665746368a131a8446f776e6c6f6164a27b7da27b7da3776562"
            "c307a25b5dc2"
        ),
        CapabilitySeen("fetch", "1", "Download", "{}", "{}", "web", True, 7, "[]", False),
    ),
    "score": (
        (
            "4a0000008398cb7b98a573636f7265d92430313933623061322d376532662d376331642d39613535"
            "2d306131623263336434653566a473656e64a4676f6f64cb3ff0000000000000a46e696365a36164"
            "6107"
        ),
        ScoreGiven(IDENTITY, "send", "good", 1.0, "nice", "ada", 7),
    ),
    "proc": (
        "1d000000b79140e197a470726f63a27031a672756e6e65722aa4686f7374a5302e312e3007",
        ProcessSeen("p1", "runner", 42, "host", "0.1.0", 7),
    ),
}


def content_of(records):
    encode = encoder().encode
    return [frame(encode(record)) for record in records]


FRAMES = content_of(whole("0193b0a2-7e2f-7c1d-9a55-0a1b2c3d4e5f", spans=6))
RECORDS = whole("0193b0a2-7e2f-7c1d-9a55-0a1b2c3d4e5f", spans=6)


@given(cut=st.integers(0, sum(map(len, FRAMES))))
@settings(max_examples=60, deadline=None)
def test_a_cut_at_any_byte_gives_every_whole_record_before_it(tmp_path_factory, cut):
    path = tmp_path_factory.mktemp("cut") / "a.journal"
    path.write_bytes(b"".join(FRAMES)[:cut])
    whole_frames, ends = 0, 0
    while whole_frames < len(FRAMES) and ends + len(FRAMES[whole_frames]) <= cut:
        ends += len(FRAMES[whole_frames])
        whole_frames += 1

    reader = read_segment(path)
    found = [record for _, record in reader]

    assert found == RECORDS[:whole_frames]
    assert reader.torn == (cut > ends)
    assert reader.offset == ends


@given(data=st.data())
@settings(max_examples=80, deadline=None)
def test_a_flipped_bit_never_gives_a_wrong_record(tmp_path_factory, data):
    content = bytearray(b"".join(FRAMES))
    bit = data.draw(st.integers(0, len(content) * 8 - 1))
    content[bit // 8] ^= 1 << (bit % 8)
    path = tmp_path_factory.mktemp("flip") / "a.journal"
    path.write_bytes(content)
    hit, total = 0, 0
    for hit, piece in enumerate(FRAMES):
        total += len(piece)
        if total > bit // 8:
            break
    is_last = hit == len(FRAMES) - 1

    if is_last:
        found = [record for _, record in read_segment(path)]
    else:
        with pytest.raises(JournalDamaged, match="damaged at byte") as caught:
            list(read_segment(path))
        assert caught.value.offset == sum(map(len, FRAMES[:hit]))
        salvaged = read_segment(path, salvage=True)
        found = [record for _, record in salvaged]
        assert len(salvaged.skipped) == 1

    assert found == RECORDS[:hit] + RECORDS[hit + 1 :]


@given(junk=st.binary(min_size=1, max_size=200))
@settings(max_examples=60, deadline=None)
def test_junk_after_the_last_record_is_a_torn_tail(tmp_path_factory, junk):
    path = tmp_path_factory.mktemp("junk") / "a.journal"
    path.write_bytes(b"".join(FRAMES) + junk)

    reader = read_segment(path)

    assert [record for _, record in reader] == RECORDS
    assert reader.torn


def test_zeros_after_a_power_cut_are_a_torn_tail(tmp_path):
    path = tmp_path / "a.journal"
    path.write_bytes(b"".join(FRAMES) + bytes(4096))

    reader = read_segment(path)

    assert [record for _, record in reader] == RECORDS
    assert reader.torn


def test_a_record_of_a_later_version_is_named_and_can_be_skipped(tmp_path):
    path = tmp_path / "a.journal"
    path.write_bytes(FRAMES[0] + frame(b"\x92\xa5novel\x01") + FRAMES[1])

    with pytest.raises(JournalDamaged, match="no record of this version"):
        list(read_segment(path))

    assert [record for _, record in read_segment(path, salvage=True)] == RECORDS[:2]


def test_reading_can_begin_at_any_frame(tmp_path):
    path = tmp_path / "a.journal"
    path.write_bytes(b"".join(FRAMES))

    found = [record for _, record in read_segment(path, len(FRAMES[0]))]

    assert found == RECORDS[1:]


def test_an_execution_is_found_behind_damage(tmp_path):
    broken = bytearray(b"".join(FRAMES))
    broken[len(FRAMES[0]) + 40] ^= 1
    (tmp_path / "a.journal").write_bytes(broken)

    found = records_of(tmp_path, RECORDS[0].execution_id)

    assert found == [RECORDS[0], *RECORDS[2:]]


def test_ten_thousand_steps_are_found_among_twice_as_many(tmp_path):
    identity, other = new_id(), new_id()
    pieces = content_of(span(identity if n % 2 else other, n) for n in range(20_000))
    (tmp_path / "a.journal").write_bytes(b"".join(pieces))

    found = records_of(tmp_path, identity)

    assert len(found) == 10_000


@pytest.mark.parametrize("name", GOLDEN)
def test_records_of_the_first_version_stay_readable(tmp_path, name):
    path = tmp_path / "a.journal"
    path.write_bytes(bytes.fromhex(GOLDEN[name][0]))

    ((_, record),) = read_segment(path)

    assert record == GOLDEN[name][1]
    assert decoder().decode(encoder().encode(record)) == record


@pytest.mark.parametrize("before", [0, 1, 5, PIECE_BYTES - 3, PIECE_BYTES, 2 * PIECE_BYTES - 1])
def test_bytes_are_found_wherever_they_stand_in_a_file(tmp_path, before):
    path = tmp_path / "content"
    path.write_bytes(b"-" * before + b"needle" + b"-" * 10)

    assert mentions(path, b"needle")
    assert not mentions(path, b"needles")


def test_a_journal_has_grown_for_the_execution_that_was_added_to_or_lost_a_segment(tmp_path):
    one, other = new_id(), new_id()
    with JournalWriter(tmp_path, role="test", process="a") as journal:
        folder = journal.path.parent
        journal.append(ExecutionEnded(one, 1, 1, "ok", {}))
        before = sizes_of(folder)
        assert not has_grown(folder, before, one)

        journal.append(ExecutionEnded(other, 1, 1, "ok", {}))

        assert has_grown(folder, before, other)
        assert not has_grown(folder, before, new_id())
        assert has_grown(folder, {**before, "gone.00000.journal": 1}, new_id())


def test_a_record_of_another_version_does_not_hide_the_others_of_its_execution(tmp_path):
    one, other = whole()[1:3]
    body = msgspec.msgpack.encode(["span", one.execution_id, "no number"])
    with JournalWriter(tmp_path, role="test") as journal:
        journal.append(one)
        path = journal.path
    path.write_bytes(path.read_bytes() + frame(body) + frame(encoder().encode(other)))

    assert records_of(path.parent, one.execution_id) == [one, other]
