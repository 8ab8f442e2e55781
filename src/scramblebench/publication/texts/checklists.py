"""The checklists of NeurIPS and of ARR, drafted from what was done; what nobody here can know is TODO."""

from collections.abc import Iterator, Sequence

from scramblebench.publication.numbers import count, number_id, usd
from scramblebench.publication.source import Publication
from scramblebench.publication.texts.checklist import Answer, Entry
from scramblebench.publication.texts.gathering import is_imported

_METHODS = "paper/methods.md"
_RESULTS = "results/results.json"
_LIMITATIONS = "paper/limitations.md"
_ASK = "Only the authors can answer this."


def neurips_tex(publication: Publication) -> str:
    """Return the NeurIPS checklist as LaTeX that goes into a paper with or without its style."""
    entries = "\n".join(entry.to_tex() for entry in neurips_entries(publication))
    return (
        "% Draft. Every TODO is for the authors; check every answer before you submit it.\n"
        r"\providecommand{\answerYes}[1][]{\textbf{Yes}}\providecommand{\answerNo}[1][]{\textbf{No}}"
        "\n"
        r"\providecommand{\answerNA}[1][]{\textbf{NA}}\providecommand{\answerTODO}[1][]{\textbf{TODO}}"
        "\n\\begingroup\\sloppy\n\\section*{NeurIPS Paper Checklist}\n\\begin{enumerate}\n"
        f"{entries}\n\\end{{enumerate}}\n\\par\\endgroup\n"
    )


def arr_markdown(publication: Publication) -> str:
    """Return the ARR Responsible NLP checklist as Markdown."""
    entries = "\n".join(entry.to_markdown() for entry in arr_entries(publication))
    return (
        "# Responsible NLP checklist (ARR), draft\n\nEvery TODO is for the authors; check every answer before you "
        f"submit it.\n\n{entries}\n"
    )


def neurips_entries(publication: Publication) -> Sequence[Entry]:
    """Return the answers to the NeurIPS checklist, in its order."""
    imported = is_imported(publication)
    return tuple(
        Entry(str(number), *rest)
        for number, rest in enumerate(
            (
                ("Claims", Answer.TODO, "Every claim in the drafted results rests on a test; the abstract and introduction are the authors'.", (_RESULTS, "paper/results.md")),
                ("Limitations", Answer.YES, "Drafted from the cautions and warnings of the analysis; the authors add what they know beyond it.", (_LIMITATIONS,)),
                ("Theory, assumptions and proofs", Answer.NA, "The experiment has no theoretical result.", ()),
                ("Experimental result reproducibility", *_reproducibility(publication)),
                ("Open access to data and code", Answer.TODO, "The package holds responses, scores and code to check them; whether and where it is public is for the authors to say.", ("README.md",)),
                ("Experimental setting and details", Answer.NO if imported else Answer.YES, _setting(imported), (_METHODS,)),
                ("Experiment statistical significance", *_significance(publication)),
                ("Experiments compute resources", *_compute(publication)),
                ("Code of ethics", Answer.TODO, _ASK, ()),
                ("Broader impacts", Answer.TODO, _ASK, ()),
                ("Safeguards", Answer.TODO, "No model and no scraped data is released by the package itself; responses are model text.", ()),
                ("Licenses for existing assets", Answer.TODO, f"Code of the package: {publication.licence}; data: {publication.data_licence}. Licences of benchmarks and models are for the authors to name.", ()),
                ("New assets", Answer.TODO, "Responses and scores are documented in the package; whether they are released as new assets is for the authors to say.", (_METHODS,)),
                ("Crowdsourcing and human subjects", Answer.TODO, "The experiment asks models only; the authors know whether people took part in anything else.", ()),
                ("Institutional review board approvals", Answer.TODO, _ASK, ()),
                ("Declaration of LLM usage", Answer.YES, "Language models are what is studied; other use of them is for the authors to declare.", (_METHODS,)),
            ),
            1,
        )
    )  # fmt: skip


def arr_entries(publication: Publication) -> Sequence[Entry]:
    """Return the answers to the ARR checklist, in its order."""
    imported = is_imported(publication)
    n = len(publication.plan.questions)
    parts = tuple(part.name for part in publication.plan.benchmarks)
    return (
        Entry("A1", "Limitations", Answer.YES, "Drafted from the cautions and warnings of the analysis.", (_LIMITATIONS,)),
        Entry("A2", "Potential risks", Answer.TODO, _ASK),
        Entry("B1", "Creators of artifacts cited", Answer.TODO, f"To be cited: the benchmarks {', '.join(parts)}, the models, and scramblebench.", (_METHODS,)),
        Entry("B2", "Licence or terms of artifacts", Answer.TODO, f"Code of the package: {publication.licence}; data: {publication.data_licence}. Terms of benchmarks and models are for the authors to name."),
        Entry("B3", "Intended use of artifacts", Answer.TODO, _ASK),
        Entry("B4", "Personal data and offensive content", Answer.TODO, "Nobody here has looked into questions or responses for it."),
        Entry("B5", "Documentation of artifacts", Answer.TODO, "Domains, files and sampling of the questions are documented; languages and groups represented are for the authors to name.", (_METHODS,)),
        Entry("B6", "Statistics of data", Answer.YES, f"{count(n)} questions; counts by benchmark, domain, model and level.", (_METHODS, number_id(publication, "n_questions"))),
        Entry("C1", "Parameters, budget, infrastructure", *_compute(publication)),
        Entry("C2", "Experimental setup and hyperparameters", Answer.NO if imported else Answer.YES, _setting(imported), (_METHODS,)),
        Entry("C3", "Descriptive statistics", *_significance(publication)),
        Entry("C4", "Packages and their parameters", Answer.YES, "Versions of the analysis and what it was told are in the methods.", (_METHODS,)),
        Entry("D1–D5", "Human annotators", Answer.TODO, "scramblebench uses none; the authors know whether anybody annotated the questions or responses for this work."),
        Entry("E1", "Use of AI assistants", Answer.TODO, _ASK),
    )  # fmt: skip


def _reproducibility(publication: Publication) -> tuple[Answer, str, tuple[str, ...]]:
    if is_imported(publication):
        return (
            Answer.YES,
            "Statistics can be computed again from the scores. The responses were imported: their prompts are not known "
            "here, and where the files hold judgements, these were taken as they are.",
            (_METHODS, _RESULTS),
        )
    return (
        Answer.YES,
        "Every prompt can be made again from configuration and seed, and every score and statistic from the stored "
        "responses. Responses of models may differ when they are asked again.",
        (_METHODS, _RESULTS),
    )


def _setting(imported: bool) -> str:
    if imported:
        return "The responses were imported: prompts and decoding are for their source to describe."
    return "Prompts, decoding, sampling, seeds and scoring are in the methods."


def _significance(publication: Publication) -> tuple[Answer, str, tuple[str, ...]]:
    report = publication.report
    level = f"{report.options.confidence_level * 100:g} %"
    return (
        Answer.YES,
        f"{level} intervals with their methods, tests with raw and adjusted p-values, families and margins.",
        ("paper/tables/significance_tests.tex", _RESULTS, *_first_ids(publication)),
    )


def _first_ids(publication: Publication) -> Iterator[str]:
    for rows in (publication.report.dependency, publication.report.comparisons):
        if rows:
            yield number_id(rows[0])


def _compute(publication: Publication) -> tuple[Answer, str, tuple[str, ...]]:
    if is_imported(publication):
        return (
            Answer.NO,
            "Tokens, cost and hardware of imported responses are not known here.",
            ("paper/tables/cost.tex",),
        )
    tokens = sum(facts.prompt_tokens + facts.completion_tokens for facts in publication.models)
    hardware = "" if publication.environments else " The hardware was not recorded."
    return (
        Answer.TODO,
        f"{count(tokens)} tokens, {usd(publication.ledger.settled_microusd)} USD.{hardware} Sizes of models and the "
        "compute of providers are for the authors to add.",
        ("paper/tables/cost.tex", *(number_id(facts) for facts in publication.models[:3])),
    )
