"""Questions and their ids."""

from dataclasses import replace

from scramblebench.core.questions import Question, identified, is_sound, question_id, told


def test_a_question_whose_id_or_content_was_altered_is_not_sound():
    asked = identified(Question("", "b", "What is 1 + 1?", ("2",)), occurrence=3)
    nameless = replace(asked, text="", source_id="item-7")
    assert is_sound(asked)
    assert is_sound(replace(nameless, id=question_id(told(nameless))))
    assert not is_sound(
        replace(asked, id="0" + asked.id[1:] if asked.id[0] != "0" else "1" + asked.id[1:])
    )
    assert not is_sound(replace(asked, text="What is 1 + 2?"))
