from hypothesis import HealthCheck, given, settings

from packetflow.composition.codec import definition_sha, dump, dump_json, load, load_json
from tests.strategies import pipelines, resolve

slow_to_draw = settings(
    deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


@slow_to_draw
@given(pipelines)
def test_what_is_dumped_as_yaml_loads_as_the_same_pipeline(pipeline):
    assert load(dump(pipeline), resolve) == pipeline


@slow_to_draw
@given(pipelines)
def test_what_is_dumped_as_json_loads_as_the_same_pipeline(pipeline):
    assert load_json(dump_json(pipeline), resolve) == pipeline


@slow_to_draw
@given(pipelines)
def test_the_digest_of_a_definition_is_the_same_after_saving_and_loading(pipeline):
    assert definition_sha(load(dump(pipeline), resolve)) == definition_sha(pipeline)
