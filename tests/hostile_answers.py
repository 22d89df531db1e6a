"""Answers that are hard, dangerous or odd to compare, each with its reference and the verdicts that it may get.

Only what is computed may get two, since how far a computation comes depends on the machine. Everything else has one.
"""

from synthesis.grading import CORRECT, NO_ANSWER, TIMED_OUT, WRONG

# As long as a response of 32,000 tokens.
LONG = 100_000
ENDED = (WRONG, TIMED_OUT)
TOWER = "^{9" * 12 + "}" * 12

# (reference, response, verdicts one of which it must get)
HOSTILE = [
    # Towers of powers, factorials and other expressions that have no end.
    ("7", r"\boxed{9^{9^{9^{9}}}}", ENDED),
    ("7", rf"\boxed{{9{TOWER}}}", ENDED),
    ("7", r"\boxed{2^{2^{2^{2^{2^{2^{2}}}}}}}", ENDED),
    ("7", r"\boxed{(-1)^{10^{10^{10}}}}", ENDED),
    ("7", r"\boxed{\frac{1}{3^{3^{3^{3^{3}}}}}}", ENDED),
    ("7", r"\boxed{10^{1000000000}}", ENDED),
    ("7", r"\boxed{1000000000!}", ENDED),
    ("7", r"\boxed{((((9!)!)!)!)!}", ENDED),
    ("7", r"\boxed{" + "9" + "!" * 50 + "}", ENDED),
    ("7", r"\boxed{\sum_{n=1}^{10^{12}} \frac{1}{n^{n}}}", ENDED),
    ("7", r"\boxed{\prod_{k=1}^{10000000} k}", ENDED),
    ("7", r"\boxed{\int_0^1 x^{x^{x^{x}}} \sin(x^{-1}) dx}", ENDED),
    ("7", r"\boxed{\binom{10^9}{5 \cdot 10^8}}", ENDED),
    ("7", r"\boxed{\sqrt[99999]{99999^{99999}}}", ENDED),
    ("7", r"\boxed{(x+y+z)^{5000}}", ENDED),
    ("(x+1)^{3000}", r"\boxed{(x+1)^{2999}(x+1)}", (*ENDED, CORRECT)),
    ("7", r"\boxed{" + "+".join(f"x_{{{n}}}^{{{n}}}" for n in range(3_000)) + "}", (WRONG,)),
    # Length and depth.
    ("7", "{" * LONG + "7" + "}" * LONG, (NO_ANSWER,)),
    ("7", r"\boxed{" + "{" * LONG + "7" + "}" * LONG + "}", (WRONG,)),
    ("7", r"\boxed{" * LONG, (NO_ANSWER,)),
    ("7", r"\boxed{" * 5_000 + "7" + "}" * 5_000, (CORRECT,)),
    ("7", r"\boxed{" + "(" * 20_000 + "7" + ")" * 20_000 + "}", (WRONG,)),
    ("7", r"\boxed{" + r"\sqrt{" * 3_000 + "7" + "}" * 3_000 + "}", (WRONG,)),
    ("7", r"\boxed{" + r"\frac{1}{" * 500 + "7" + "}" * 500 + "}", (WRONG,)),
    ("7", r"\boxed{" + "7" * LONG + "}", (WRONG,)),
    ("7", r"\boxed{" + "7," * (LONG // 2) + "}", (WRONG,)),
    ("7", "Wait, I should check that again. " * (LONG // 33), (NO_ANSWER,)),
    ("7", "The answer is " * (LONG // 14), (NO_ANSWER,)),
    ("7", r"\boxed{7} and " * 5_000, (CORRECT,)),
    ("7", "A: x\n" * (LONG // 5), (WRONG,)),
    ("7", r"\(" * (LONG // 2), (NO_ANSWER,)),
    ("7", "$" * LONG, (NO_ANSWER,)),
    ("7", "-" * LONG, (NO_ANSWER,)),
    ("7", r"\boxed{" + ". " * (LONG // 2) + "}", (NO_ANSWER,)),
    ("7", "#### " + ". " * (LONG // 2), (NO_ANSWER,)),
    ("7", "The answer is " + "." * LONG + "x", (WRONG,)),
    ("7", r"\boxed{1}" + "+" * LONG + r"x\boxed{2}", (WRONG,)),
    ("7", "The answer is " + "[" * 5_000, (WRONG,)),
    ("7", "The answer is [" + "7" * 5_000 + "]", (WRONG,)),
    ("7", "The answer is 1{,000.", (WRONG,)),
    (
        "7",
        "The answer is 5 dollars because Natalia already bought seven pencils yesterday morning, which cost 2.",
        (WRONG,),
    ),
    ("7", "The answer is 5 " + "a" * 500 + "!", (WRONG,)),
    # Code, which must stay text.
    ("7", r"\boxed{__import__('os').system('touch pwned')}", (WRONG,)),
    ("7", r"\boxed{eval('3+4')}", (WRONG,)),
    ("7", r"\boxed{(lambda: 7)()}", (WRONG,)),
    ("7", r"\boxed{[x for x in ().__class__.__bases__[0].__subclasses__()]}", (WRONG,)),
    ("7", r"\boxed{\input{/etc/passwd}}", (WRONG,)),
    ("7", r"\boxed{$(touch pwned)}", (WRONG,)),
    ("7", r"\boxed{'; DROP TABLE grades; --}", (WRONG,)),
    # Unicode and what is no text.
    ("7", "\\boxed{\u0667}", (CORRECT,)),
    ("7", "\\boxed{\uff17}", (CORRECT,)),
    ("7", "\\boxed{\u202e7\u202c}", (WRONG,)),
    ("7", "\\boxed{7\u200b}", (WRONG,)),
    ("7", "\\boxed{\x00\x01\x02}", (WRONG,)),
    ("7", "\\boxed{\ufffd}", (WRONG,)),
    ("7", "\\boxed{" + "\u0301" * 10_000 + "7}", (WRONG,)),
    ("7", "\\boxed{\U0001f600}", (WRONG,)),
    ("7", "", (NO_ANSWER,)),
    ("7", r"\boxed{}", (NO_ANSWER,)),
    ("7", " \n\t ", (NO_ANSWER,)),
    # What is nearly a number.
    ("7", r"\boxed{\frac{7}{0}}", (WRONG,)),
    ("7", r"\boxed{0^{0^{-1}}}", (WRONG,)),
    ("7", r"\boxed{\infty - \infty}", (WRONG,)),
    ("7", r"\boxed{NaN}", (WRONG,)),
    ("7", r"\boxed{7e400}", (WRONG,)),
    ("7", r"\boxed{0.\overline{9}}", (WRONG,)),
    ("7", r"\boxed{" + "0." + "3" * 5_000 + "}", (WRONG,)),
    # Forms that are right.
    ("7", r"First \boxed{3}. Then \boxed{5}. At last \boxed{7}.", (CORRECT,)),
    ("1, 2", r"\boxed{2} and \boxed{1}", (CORRECT,)),
    ("[0, 1)", r"\boxed{[0,1)}", (CORRECT,)),
    ("[0, 1)", r"\boxed{(0,1]}", (WRONG,)),
    (r"\{1, 2, 3\}", r"\boxed{\{3, 2, 1\}}", (CORRECT,)),
    ("(1, 2)", r"\boxed{(2, 1)}", (WRONG,)),
    ("(1, 2)", r"\boxed{(1,2)}", (CORRECT,)),
    ("5", r"\boxed{5\text{ cm}}", (CORRECT,)),
    (r"5\text{ cm}", r"\boxed{5}", (CORRECT,)),
    (r"50\%", r"\boxed{50\%}", (CORRECT,)),
    (r"50\%", r"\boxed{\frac{1}{2}}", (CORRECT,)),
    (r"2\frac{1}{3}", r"\boxed{\frac{7}{3}}", (CORRECT,)),
    ("1000000", r"\boxed{1{,}000{,}000}", (CORRECT,)),
    ("1000000", r"\boxed{10^6}", (CORRECT,)),
]
