"""Hand-written responses for the rules: faults of every kind with the reason they must get, and sound ones beside them.

The tests and `bench/response_rules.py` use them.
"""

SETTINGS = {
    "complete": True,
    "refusal": True,
    "repetition": {"consecutive": 5, "share": 0.5},
    "language": {"keep": ["en"], "candidates": ["en", "de", "es", "fr", "it", "ja", "ko", "pt", "ru", "zh"]},
}

_SUM = (
    "Anna buys 7 notebooks for 3 dollars each, so she pays 7 * 3 = 21 dollars for them. The pens cost another 4 "
    "dollars, which makes 25 dollars in total. She gave 30 dollars to the seller and gets 5 dollars back."
)
_PLAN = (
    "Wait, I should check this again. Suppose that the number is even. Then half of it must be a whole number too, "
    "which contradicts what we found before. So the number has to be odd, and we can go on with that."
)
_NARRATION = [
    "The first train leaves the station at noon and travels east at sixty miles an hour.",
    "After two hours the second train follows it on the same line with a higher speed.",
    "We look for the moment at which both have gone the same distance from the station.",
    "The difference of their speeds tells how fast the gap between them closes.",
    "Dividing the gap by that difference gives the time that is still missing.",
]
_FOREIGN = {
    "de": "Anna kauft sieben Hefte zu je drei Euro, also zahlt sie einundzwanzig Euro dafür. Die Stifte kosten noch "
    "vier Euro mehr, deshalb bekommt sie am Ende genau fünf Euro von dem Verkäufer zurück, wenn sie dreißig gibt.",
    "es": "Primero calculamos cuánto cuestan los cuadernos y después sumamos el precio de los lápices. Luego restamos "
    "ese total del dinero que Ana entregó al vendedor, y así sabemos cuánto dinero le queda todavía.",
    "fr": "Nous calculons d'abord le prix des cahiers, puis nous ajoutons celui des crayons. Ensuite nous retirons "
    "cette somme de l'argent que la jeune fille avait donné au vendeur pour savoir combien il doit lui rendre.",
    "ru": "Сначала найдём стоимость всех тетрадей, потом прибавим цену ручек. После этого вычтем полученную сумму из "
    "денег, которые девочка отдала продавцу, и узнаем, сколько он должен вернуть ей обратно.",
    "zh": "首先计算所有笔记本的总价，然后加上钢笔的价格，最后用她付给店主的钱减去这个总数，就可以知道应该找回多少钱。",
    "ja": "まずノートの値段を全部計算して、それからペンの値段を足します。"
    "最後にお店の人に渡したお金から合計を引けばお釣りがわかります。",
    "ko": "먼저 공책의 값을 모두 계산하고 그 다음에 연필의 값을 더합니다. "
    "마지막으로 가게 주인에게 준 돈에서 합계를 빼면 거스름돈을 알 수 있습니다.",
}

LOOPS = {
    "a word": (_SUM + " So" + " again" * 60, "repetition:loop"),
    "a sentence at the end": (_SUM + " Let me check the total once more." * 12, "repetition:loop"),
    "a short sentence": ("The answer is 5. " * 7, "repetition:loop"),
    "a sentence that breaks off": (_SUM + " Let me check the total once more." * 12 + " Let me che", "repetition:loop"),
    "a sentence in the middle": (
        _SUM + " Hmm, that is not right." * 9 + f" {_PLAN} The answer is 5.",
        "repetition:loop",
    ),
    "a line": (_SUM + "\n" + "So x is not an integer here.\n" * 8 + "The answer is 5.", "repetition:loop"),
    "a paragraph": ("\n\n".join([_PLAN] * 6) + "\n\nThe answer is 5.", "repetition:loop"),
    "two paragraphs in turn": ("\n\n".join([_SUM, _PLAN] * 6) + "\n\nThe answer is 5.", "repetition:loop"),
    "a long unit of five paragraphs": ("\n\n".join([_SUM, _PLAN, *_NARRATION] * 5), "repetition:loop"),
    "without blanks": (_SUM + " The share is 0." + "3" * 1500, "repetition:loop"),
    "laughter": (_SUM + " " + "haha" * 400, "repetition:loop"),
    "marks": (_SUM + " " + "! " * 800, "repetition:loop"),
    "a formula": (_SUM + r" \[ x = \frac{1}{2} + \frac{1}{2} \]" * 60, "repetition:loop"),
    "Chinese": ("我们再检查一遍这个结果是否正确。" * 10, "repetition:loop"),
    "lines in changing order": (
        "\n".join(_NARRATION[number * number % 5] for number in range(40)) + "\nThe answer is 5.",
        "repetition:l",
    ),
    "paragraphs between numbers": (
        "\n".join(f"Attempt {number}: {_PLAN}" for number in range(9)) + "\nThe answer is 5.",
        "repetition:passages",
    ),
    "after 32,000 tokens": (
        " ".join(f"Case {n}: {n} * {n + 3} = {n * (n + 3)}, not a square." for n in range(2000)) + f" {_PLAN}" * 8,
        "repetition:loop",
    ),
}

REFUSALS = {
    "sorry": "I'm sorry, but I cannot help with that request.",
    "sorry in full": "I am very sorry, but I am unable to answer this question.",
    "typographic": "I’m sorry, but I can’t assist with that.",
    "apologies": "My apologies, but I can't provide a solution to this problem.",
    "apologize": "I apologize, but as the figure is missing I am not able to solve it.",
    "an AI": "As an AI language model, I cannot solve problems that need a diagram.",
    "an AI without verbs of help": "As an AI, I don't have the ability to look at images or to measure angles.",
    "just an AI": "I'm just an AI, so I can't give you advice on that matter.",
    "no apology": "I cannot answer this question.",
    "decline": "I must respectfully decline to answer this.",
    "decline at the end of the sentence": "I must politely decline. Please ask me something else.",
    "decline a request": "Thank you for asking. I must decline your request.",
    "comfortable": "I don't feel comfortable writing about this topic.",
    "policy": "Unfortunately, this request violates our usage policies. Please ask me something else.",
    "an image": "I can't see the image you are referring to. Please describe it.",
    "Unfortunately": "Unfortunately, I am unable to assist with this.",
    "a request": "Sorry, but this request can't be fulfilled.",
    "at the end": f"{_SUM} That is as far as it goes. I'm sorry, but I can't help with the rest.",
    "after thinking": f"<think>\n{_PLAN}\n</think>\n\nI'm sorry, but I can't help with that.",
    "second sentence": "Thank you for your question. I'm sorry, but I won't be able to help you.",
    "bold": "**I'm sorry, but I cannot assist with that.**",
    "afraid": "I'm afraid I can't help with that.",
    "not possible": "It is not possible for me to answer this question.",
    "not be able": "I won't be able to assist you with this problem.",
    "programmed": "I am programmed to be a harmless assistant and cannot answer this.",
    "guidelines": "It's against my guidelines to answer.",
    "beyond": "This is beyond my capabilities.",
    "information": "I do not have enough information to answer this question.",
    "Chinese": "抱歉，我无法回答这个问题。",
    "Spanish": "Lo siento, pero no puedo ayudarte con eso.",
}

# Reason by text.
UNFINISHED = {
    "thinking": (f"<think>\n{_SUM} {_PLAN}", "unclosed:thinking"),
    "thinking in capitals": (f"<THINK>{_SUM}", "unclosed:thinking"),
    "second thinking": (f"<think>{_PLAN}</think> So far so good. <think>{_SUM}", "unclosed:thinking"),
    "thought with marks": (f"<|begin_of_thought|>\n\n{_SUM}", "unclosed:thinking"),
    "reasoning": (f"<reasoning>{_SUM} The answer is 5.", "unclosed:thinking"),
    "code": (f"{_SUM}\n```python\nprint(7 * 3 + 4)\n", "unclosed:code"),
    "code with tildes": (f"{_SUM}\n~~~\nprint(7 * 3 + 4)\n", "unclosed:code"),
    "second code": ("```\na = 1\n```\nThen we print.\n```\nprint(a)", "unclosed:code"),
    "align": (r"We get \begin{align*} x &= 5 \\ y &= 6", "unclosed:environment"),
    "cases in an array": (r"\begin{array}{c} \begin{cases} 1 \end{cases} and so on.", "unclosed:environment"),
    "display": (r"Adding both gives \[ x + y = 11", "unclosed:formula"),
    "inline": (r"Adding both gives \( x + y = 11", "unclosed:formula"),
    "dollars": ("Let $x = 5$. Then\n$$\nx^2 = 25", "unclosed:formula"),
    "box": (r"So we get \boxed{\frac{1}{2", "unclosed:formula"),
    "comma": ("Anna pays 21 dollars for the notebooks,", "ends_midway"),
    "colon": ("So the total is as follows:", "ends_midway"),
    "equals": ("So the total is 7 * 3 =", "ends_midway"),
    "equals in a formula": (r"So the total is $7 \cdot 3 =$", "ends_midway"),
    "a dollar sign": ("Then the total cost is $", "ends_midway"),
    "operator": ("So the total is 21 +", "ends_midway"),
    "command": (r"So the total is 7 \times", "ends_midway"),
    "bracket": ("So the total is 3 (", "ends_midway"),
    "article": ("Anna pays 21 dollars for all of the", "ends_midway"),
    "conjunction": ("Anna pays 21 dollars, and", "ends_midway"),
    "bold": ("**So the total is:**", "ends_midway"),
}

LANGUAGES = {
    **{f"all {code}": (text, f"language:{code}") for code, text in _FOREIGN.items()},
    **{
        f"switch to {code}": (f"{' '.join(_NARRATION)} {_PLAN}\n\n{text}\n\n{_SUM} The answer is 5.", "language_switch")
        for code, text in _FOREIGN.items()
    },
    "thinking in Chinese": (f"<think>\n{_FOREIGN['zh']}\n</think>\n\n{_SUM} {_PLAN}", "language_switch:zh"),
    "last words in French": (f"{_SUM} {_PLAN} {' '.join(_NARRATION)} {_FOREIGN['fr']}", "language_switch:fr"),
}

SOUND = {
    "a sum": f"{_SUM} The answer is 5.",
    "GSM8K's form": "She has 7 * 3 = <<7*3=21>>21 dollars.\n#### 21",
    "thinking closed": f"<think>\n{_SUM}\n</think>\n\nThe answer is \\boxed{{5}}",
    "thinking opened by the prompt": f"{_SUM}\n</think>\n\nThe answer is 5.",
    "code closed": "```python\nprint(7 * 3)\n```",
    "code in code": "````\n```\nx\n````\nDone.",
    "code inside a sentence": "Call ```f(x)``` twice, and you get 4.",
    "money": "She has $5 and pays $3, so $2 are left.",
    "matrix": r"\[ \begin{pmatrix} 1 & 2 \\[2pt] 3 & 4 \end{pmatrix} \]",
    "nested": r"\begin{align*} \begin{cases} 1 \end{cases} \end{align*}",
    "set": r"The answer is \boxed{\{1, 2\}}",
    "formula at the end": r"Hence \[ x = 5 \]",
    "no full stop": "So Anna gets 5 dollars back",
    "factorial": "There are 5!",
    "percent": "The share is 50%",
    "a letter": "The answer is (A)",
    "an interval": "The answer is (2, 5]",
    "matrix of zeros": r"\begin{bmatrix}" + r" \\ ".join([" & ".join("0" * 9)] * 9) + r"\end{bmatrix}",
    "power written out": "2^40 = " + " * ".join("2" * 40) + " = 1099511627776.",
    "long division": "\n".join(
        f"Bring down the next digit: {n * 7 % 10}{n % 10}. 13 goes in {n % 9} times with remainder {n * 3 % 13}."
        for n in range(120)
    ),
    "truth table": "| p | q | p and q | p or q |\n|---|---|---|---|\n"
    + "\n".join(f"| {p} | {q} | {p and q} | {p or q} |" for p in (True, False) for q in (True, False)),
    "calendar": "\n".join(f"| Week {n} | closed | open | open | open | open | open | closed |" for n in range(1, 53)),
    "brute force": "\n".join(
        f"Try n = {n}: n^2 + n + 41 = {n * n + n + 41}, which is a prime number." for n in range(39)
    ),
    "savings": "\n".join(f"After month {n} she has {n} * 15 = {15 * n} dollars saved in total." for n in range(1, 61)),
    "recursion": " ".join(f"f({n}) = f({n - 1}) + f({n - 2}) = {n * n}." for n in range(2, 200)),
    "draft and final": f"<think>\n{_SUM} {_PLAN}\n</think>\n\n{_SUM} {_PLAN} The answer is 5.",
    "refrain": "\n".join([*_NARRATION, "So that is not an integer.", _SUM, "So that is not an integer.", _PLAN]),
    "said in the story": 'Tom said: "I\'m sorry, but I cannot come to the party." So 11 of the 12 guests came.',
    "said first in the story": '"I\'m sorry, but I cannot help you with that," said Tom, who had 5 apples. He has 5.',
    "a story's I": "I cannot buy more than 4 books, because 4 * 6 = 24 and I have 25 dollars. So I buy 4 books.",
    "an apology for a slip": "I'm sorry, the value above was wrong. We get 7 * 3 = 21. The answer is 21.",
    "no solution": "I cannot find any integer solution, so the answer is 0.",
    "division by zero": "I can't divide by 0, so x must not be 3. The answer is 5.",
    "an AI researcher": "As an AI researcher, Bob earns 100 dollars per hour and works 8 hours, so he earns 800.",
    "a slip of the pen": "Sorry for the confusion earlier: 7 * 8 = 56. The answer is 56.",
    "a narrated refusal": "She apologized and said that she could not come. So 3 people came. The answer is 3.",
    "dollars closed": "Let $x = 5$. Then\n$$\nx^2 = 25\n$$",
    "dollars twice": "So he will charge 4 * 15 = $$60. The answer is 60.",
    "a dollar sign behind": "It costs 5 $",
    "box below": "Therefore, the answer is:\n\n**42**",
    "two formulas": r"Here $x^2 +$ $y^2$ stands for the sum of both.",
    "a half-open interval": "The interval is [0, 1)",
    "a rule of the game": "Moving two pieces is against the rules of chess. So 3 moves are needed.",
    "outside my house": "The tree outside my house is 5 metres tall. After 3 years it is 8 metres tall.",
    "impossible": "We cannot divide 7 apples evenly among 2 people, so one apple is left over.",
    "no answer exists": "This problem cannot be solved, since the length of the second side is not given.",
    "an AI that solves it": "As an AI, I don't eat apples, but let us count: 2 + 3 = 5, so we get \\boxed{5}.",
    "a question about AI": "An AI that cannot see 3 of 10 images recognises 7 of them. The answer is 7.",
    "foreign names": "Jürgen, Françoise and Søren share 12 crêpes. Each of them eats 12 / 3 = 4 crêpes, as asked.",
    "a foreign word": "In Germany the sign says 'Achtung'. It has 7 letters, so the answer to the riddle is 7.",
    "a quoted line": "The poem begins with 我爱你, which has 3 characters. The answer to the question is 3.",
    "Greek letters": "With α = 30° and β = 60° the third angle is γ = 180° - α - β = 90°, so it is a right triangle.",
    "a last verb": f"{_SUM} Now Ben is as tall as she is",
    "a last verb of agreement": "Are both sums equal? Yes, we are sure that they are",
    "a grade": "The bond is rated A+",
    "an ion": "The sodium atom loses an electron and becomes Na+",
    "a programming language": "The compiler is written in C++",
    "apples declined": "I will decline 3 apples of the 10, so I take 7. The answer is \\boxed{7}",
    "an offer refused": "I will refuse the offer because 3 > 2. The answer is \\boxed{3}",
    "few words": "3 × 4 ÷ 2 = 6",
    "formula alone": r"$\frac{1}{2} \times 8 \times 5 = 20$",
}
