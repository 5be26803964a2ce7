"""A job as people read it: how it stands, what it waits for, what it cost, and what to do next."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

import typer

from workers.cli.output import many, print_table, short_time

#: States that need a person where there is no more to say than their counts.
_NEXT = {
    "failed": "mend what the error names, then submit it again",
    "receiving": "send the rest of its records and seal it, or: assay jobs cancel {id}",
}
#: What trying a job's dead letters again takes -> how it is done.
_TRIED_AGAIN = {
    "replay": "once the cause is mended (in the source itself: with --refetch): assay dlq replay --job {id}",
    "refetch": "what was never stored is asked for again: assay dlq replay --job {id} --refetch",
    "resubmit": "what no source can be asked for is submitted anew, then: assay dlq discard ID --reason …",
}
#: Kind of work that is open behind a job that has ended -> what is done in it.
_GOES_ON = {
    "plan": "a plan for what is left empty or was condemned is sought",
    "chunk": "records go back through",
    "judge": "rows are audited",
    "merge": "rows that waited are written",
    "refold": "rows are made what is left of them",
}
#: Dead letters that a listing shows; of more it shows the newest, which tell little of the others.
_LISTED = 100


def print_job(job: Mapping[str, Any]) -> None:
    """The whole of it; of a dry run also the rows that it would have written, and what it would have given up on."""
    for line in lines(job):
        typer.echo(line)
    if job.get("dry_run"):
        _print_dry(job)
    for line in [*steps(job)]:
        typer.echo(line)


def lines(job: Mapping[str, Any]) -> Iterator[str]:
    """How a job stands. Counts that are nought, and costs that nobody knows, are left out."""
    kind = " (a dry run)" if job.get("dry_run") else " (a replay)" if job.get("replay") else ""
    yield f"job {job['id']}{kind} is {job['state']}: {job['source']} into {job['target']}{_took(job)}"
    if error := job.get("error"):
        yield f"  error    {error.get('message') or error}"
    if scope := _scope(job):
        yield f"  asked    {scope}"
    yield f"  records  {_counts(job)}"
    if missing := job.get("not_found"):
        named = ", ".join(missing["ids"])
        more = missing["count"] - len(missing["ids"])
        are = "is" if missing["count"] == 1 else "are"
        yield f"  no such  {missing['count']:,} of the ids named {are} not at the source: {named}" + (
            f" and {more:,} more" if more else ""
        )
    yield f"  model    {_spent(job)}"
    if unfilled := job.get("unfilled"):
        named = ", ".join(f"{one['field']} ({', '.join(one['reasons'])})" for one in unfilled)
        yield f"  empty    {named}: no plan of {job['source']} fills {'it' if len(unfilled) == 1 else 'them'}"
    for one in job.get("unread") or []:
        said = f"{one['field']} ({', '.join(one['reasons'])})"
        yield f"  unread   {said}: filled in no row, though {one['rows']:,} have something there"
        yield "           -> assay audit report"
    if behind := job.get("goes_on"):
        told = ", ".join(_GOES_ON[kind] for kind in _GOES_ON if behind.get(kind))
        yield f"  goes on  {told}: cells of {job['target']} may still be filled or emptied"
        yield f"           -> assay jobs {job['id']}"
    if questions := job.get("questions"):
        yield f"  asks     {many(questions, 'question')} about {job['source']} into {job['target']}"
        yield "           -> assay reviews list"
    for wait in job.get("waits") or []:
        yield f"  waits    for {wait['says']}{_extent(wait)}"
        if wait.get("command"):
            yield f"           -> {wait['command']}"


def steps(job: Mapping[str, Any]) -> Iterator[str]:
    """What a person can do next, where there is anything; what it waits for has named its commands already."""
    counts, dry = job.get("counts") or {}, bool(job.get("dry_run"))
    if counts.get("dead") and not dry:
        were = "was" if counts["dead"] == 1 else "were"
        codes = f" ({told})" if (told := _codes(job)) else ""
        see = "list" if counts["dead"] <= _LISTED else "stats"
        lost = f"{many(counts['dead'], 'record')} {were} given up on{codes}"
        yield f"next: see why {lost}: assay dlq {see} --job {job['id']}"
        if "identity_missing" in (job.get("refused_counts") or {}) and job.get("unfilled"):
            named = ", ".join(one["field"] for one in job["unfilled"])
            yield f"      if {named} is what tells rows apart: describe it better in the target, or assay plans import"
        letters = job.get("letters") or {}
        for way, line in _TRIED_AGAIN.items():
            if letters.get(way):
                yield "      " + line.format(id=job["id"])
    elif job["state"] in _NEXT:
        yield "next: " + _NEXT[job["state"]].format(id=job["id"])
    elif dry and job["state"] in {"done", "partial"}:
        yield f"next: write them: assay submit {job['source']} {job['target']}"
    elif counts.get("review") and not job.get("waits"):
        yield "next: answer what is asked: assay reviews list"


def hint(job: Mapping[str, Any]) -> str | None:
    """In a word or two, what a job waits for."""
    by_word: dict[str, int] = {}
    for wait in job.get("waits") or []:
        by_word[wait["on"]] = by_word.get(wait["on"], 0) + (wait.get("records") or 0)
    told = [f"{on.replace('_', ' ')} ({n:,})" if n else on.replace("_", " ") for on, n in by_word.items()]
    return ", ".join(told) or None


def _print_dry(job: Mapping[str, Any]) -> None:
    rows, refused = job.get("rows") or [], job.get("refused") or []
    staged, dead = (int(job["counts"].get(name, 0)) for name in ("unchanged", "dead"))
    typer.echo("\nNothing was written: a dry run stops before the audit, and leaves no dead letters.")
    if rows:
        typer.echo(f"\n{len(rows):,} of {many(staged, 'record')} that passed the gate or are unchanged, as rows:")
        cells = [{"key": row.get("key"), **(row.get("cells") or {})} for row in rows]
        print_table(cells, list(dict.fromkeys(name for row in cells for name in row)), empty="")
    if refused:
        typer.echo(
            f"\n{many(dead, 'record')} would have become dead letters ({_codes(job)}); {len(refused):,} of them:"
        )
        print_table(refused, ("record_id", "code"), empty="")
    typer.echo("")


def _codes(job: Mapping[str, Any]) -> str:
    return ", ".join(f"{n:,} {code}" for code, n in (job.get("refused_counts") or {}).items())


def _counts(job: Mapping[str, Any]) -> str:
    counts = job.get("counts") or {}
    accepted = int(counts.get("accepted", 0))
    words = {"unchanged": "staged or unchanged"} if job.get("dry_run") else {}
    parts = [
        f"{n:,} {words.get(name, name.replace('_', ' '))}" for name, n in counts.items() if n and name != "accepted"
    ]
    return f"{accepted:,} accepted" + (f" = {' + '.join(parts)}" if parts else "")


def _spent(job: Mapping[str, Any]) -> str:
    calls, tokens = job["calls"], job["tokens"]
    if not any(calls.values()):
        return "no calls"
    said = ", ".join(f"{n:,} {purpose} call{'' if n == 1 else 's'}" for purpose, n in calls.items() if n)
    said += f"; tokens {tokens['input']:,} in, {tokens['output']:,} out"
    if job.get("cost") is not None:
        each = job.get("cost_per_written")
        said += f"; cost {job['cost']}" + (f", {each} a written record" if each else "")
    return said


def _scope(job: Mapping[str, Any]) -> str:
    scope = dict(job.get("scope") or {})
    told = [f"at most {scope['limit']:,} records"] if scope.get("limit") else []
    told += [f"records whose {scope['missing']} is empty"] if scope.get("missing") else []
    told += ["records named by their ids"] if scope.get("scoped") and not scope.get("missing") else []
    told += ["also what has not changed"] if scope.get("refresh") else []
    told += [f"priority {job['priority']:+d}"] if job.get("priority") else []
    return ", ".join(told)


def _took(job: Mapping[str, Any]) -> str:
    begun, ended = (_instant(job.get(name)) for name in ("created_at", "finished_at"))
    if begun is None:
        return ""
    if ended is None:
        return f", since {short_time(begun.isoformat())} UTC"
    return f", in {duration((ended - begun).total_seconds())}"


def _extent(wait: Mapping[str, Any]) -> str:
    parts = [many(wait["records"], "record")] if wait.get("records") else []
    if wait.get("works"):
        parts.append(f"{wait['works']:,} {'piece' if wait['works'] == 1 else 'pieces'} of work")
    parts += [f"since {short_time(wait['since'])} UTC"] if wait.get("since") else []
    parts += [f"next look {short_time(wait['until'])} UTC"] if wait.get("until") else []
    return f" ({', '.join(parts)})" if parts else ""


def _instant(value: object) -> datetime | None:
    try:
        return datetime.fromisoformat(str(value)) if value else None
    except ValueError:
        return None


def duration(seconds: float) -> str:
    """In the two largest units that say anything."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    minutes, hours, days = whole // 60, whole // 3_600, whole // 86_400
    if hours < 1:
        return f"{minutes} min {whole % 60} s"
    return f"{hours} h {minutes % 60} min" if days < 1 else f"{days} d {hours % 24} h"
