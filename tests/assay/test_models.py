from assay.models import Model


def test_nano(nano: Model) -> None:
    assert nano.has_template and nano.size > 1e6
