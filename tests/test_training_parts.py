"""What training is made of: token sequences, batches, steps and the order of the rows."""

from collections import Counter

import pytest
from synthesis.errors import InputError
from synthesis.training import arguments, batching, texts
from tiny_model import CHAT_TEMPLATE, make_tiny_model
from transformers import AutoTokenizer

# As DeepSeekMath's: no token ends the user's turn.
OPEN_ENDED = (
    "{{ bos_token }}{% for m in messages %}{% if m['role'] == 'user' %}{{ 'User: ' + m['content'] + '\n\n' }}"
    "{% else %}{{ 'Assistant: ' + m['content'] + eos_token }}{% endif %}{% endfor %}"
    "{% if add_generation_prompt %}{{ 'Assistant:' }}{% endif %}"
)
WITH_SYSTEM = "{% if messages[0]['role'] != 'system' %}{{ '<|im_start|>system\nBe kind.<|im_end|>\n' }}{% endif %}"


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory):
    return AutoTokenizer.from_pretrained(make_tiny_model(tmp_path_factory.mktemp("model")))


def learnt(tokenizer, template: str, system: str | None) -> tuple[str, str]:
    tokenizer.chat_template = template
    [(context, target)] = texts.question_parts(tokenizer, system, ["How many?"])
    return tokenizer.decode(context), tokenizer.decode(target)


def test_a_question_is_learnt_with_the_end_of_its_turn(tokenizer):
    assert learnt(tokenizer, CHAT_TEMPLATE, None) == ("<|im_start|>user\n", "How many?<|im_end|>")


def test_the_templates_own_system_turn_stands_before_the_question_or_not(tokenizer):
    template = WITH_SYSTEM + CHAT_TEMPLATE
    with_system = "<|im_start|>system\nBe kind.<|im_end|>\n<|im_start|>user\n"
    assert learnt(tokenizer, template, None) == (with_system, "How many?<|im_end|>")
    assert learnt(tokenizer, template, "") == ("<|im_start|>user\n", "How many?<|im_end|>")


def test_without_an_end_token_in_the_template_the_text_ends_with_the_tokenizers(tokenizer):
    context, target = learnt(tokenizer, OPEN_ENDED, None)
    assert context == f"{tokenizer.bos_token}User: "
    assert target == f"How many?\n\n{tokenizer.eos_token}"


def test_answers_are_learnt_and_their_questions_are_not(tokenizer):
    tokenizer.chat_template = CHAT_TEMPLATE
    [(context, target)] = texts.answer_parts(tokenizer, [(("user", "2 + 2?"), ("assistant", "4"))])
    assert tokenizer.decode(context) == "<|im_start|>user\n2 + 2?<|im_end|>\n<|im_start|>assistant\n"
    assert tokenizer.decode(target) == "4<|im_end|>"
    assert texts.example(context, target)["labels"] == [-100] * len(context) + target


@pytest.mark.parametrize(
    ("global_batch", "rows_per_device", "processes", "expected"),
    [(32, 8, 1, (8, 4)), (32, 8, 8, (4, 1)), (6, 4, 1, (3, 2)), (7, 4, 1, (1, 7)), (128, 1000, 2, (64, 1))],
)
def test_the_global_batch_is_the_same_for_any_number_of_processes(global_batch, rows_per_device, processes, expected):
    per_device, accumulation = batching.batches(global_batch, rows_per_device, processes)
    assert (per_device, accumulation) == expected
    assert per_device * accumulation * processes == global_batch


def test_processes_that_can_not_share_a_batch_are_refused():
    with pytest.raises(InputError, match="global_batch is 10, which 4 processes can't share evenly"):
        batching.batches(10, 8, 4)


def test_steps_leave_out_what_does_not_fill_a_batch():
    assert batching.steps(100, 1, 32) == 3
    assert batching.steps(100, 3, 32) == 9
    assert batching.steps(100, 0.5, 10) == 5


def order(rows: int, steps: int, seed: int) -> list[int]:
    return arguments.order(rows, steps, {"global_batch": 5, "seed": seed})


def test_each_epoch_is_a_permutation_of_its_own():
    found = order(10, 5, seed=3)
    assert sorted(found[:10]) == sorted(found[10:20]) == list(range(10))
    assert found[:10] != found[10:20]
    assert max(Counter(found).values()) == 3
    assert order(10, 1, seed=3) == found[:5]
    assert order(10, 2, seed=4) != found[:10]
