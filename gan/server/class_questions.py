"""The routes of questions to a class: asking, answering, and what becomes of a question."""

from __future__ import annotations

import asyncio
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from gan import strict_json
from gan.classroom.people import Person
from gan.classroom.questions import Act, Asked, Kind, QuestionRefused, Value, question_of
from gan.limits import MAX_ANSWER_BODY, MAX_QUESTION_BODY, MAX_VALUES, in_words
from gan.server.application import the_application, the_registry
from gan.server.http import Refusal, small_body
from gan.server.real_curves import axes_of, batches_to, is_whole, real_curve, run_named
from gan.server.visitors import sender_of
from gan.strict_json import NotJSON

NOT_KEPT = {"Cache-Control": "no-store"}
ONE = "/api/class/question/{question}"


def routes(base: str) -> list[BaseRoute]:
    return [
        Route(base + "/api/class/question", asked_now),
        Route(base + "/api/class/question", ask, methods=["POST"]),
        Route(base + ONE, act, methods=["POST"]),
        Route(base + ONE + "/answer", answer, methods=["POST"]),
    ]


async def asked_now(request: Request) -> Response:
    """The question that is asked now, its answers as far as whoever asks may see them, and their own."""
    found = await asyncio.to_thread(_found, sender_of(request))
    return strict_json.response(found, headers=NOT_KEPT)


async def ask(request: Request) -> Response:
    """Post a question; 200 with its id.

    `{"kind": "choice", "ask": ..., "choices": [...], "right": 1, "because": ..., "seconds": 60}`; of kind "number"
    without choices; of kind "curve" with `"curve": {"run": ..., "metric": "g_loss", "batches": 400}`, or `"epochs": 3`.
    """
    fields = await _object(request, MAX_QUESTION_BODY, "question")
    state = await the_application().commands.run(_ask, fields)
    _tell_all()
    return _done({"id": state.question.id})


async def act(request: Request) -> Response:
    """Post what the teacher does with the question: `{"act": "close"}` (see `Act`), `{"act": "tell", "right": 1}`.

    With `"whole": true`, how a curve went is told only once it is known to its end; before, nothing changes.
    """
    fields = await _object(request, MAX_QUESTION_BODY, "act")
    await the_application().commands.run(_act, request.path_params["question"], fields)
    _tell_all()
    return _done({})


async def answer(request: Request) -> Response:
    """Post `{"answer": ...}`: the place of a choice, a number, or points (batch, value); 200 with what counts."""
    fields = await _object(request, MAX_ANSWER_BODY, "answer")
    application, person, question = the_application(), sender_of(request), request.path_params["question"]
    given = fields.get("answer")
    taken = await application.answers.run(person.id, lambda: application.predictions.answer(question, person, given))
    application.class_channel.changed("answers")
    await application.answers_on_disk.done()
    return _done({"mine": taken})


# --- parts -------------------------------------------------------------------------------------------------------


def _done(more: dict[str, Any]) -> Response:
    return strict_json.response({"ok": True} | more, headers=NOT_KEPT)


async def _object(request: Request, most: int, what: str) -> dict[str, Any]:
    """The JSON object in a request's body; raises Refusal."""
    body = await small_body(request, most)
    if not body:
        raise Refusal(413, f"This {what} is empty or larger than {in_words(most)}.")
    try:
        fields = strict_json.loads(body, MAX_VALUES)
    except NotJSON:
        fields = None
    if not isinstance(fields, dict):
        raise Refusal(400, f"This {what} is no JSON object as LiveGAN's pages send it.")
    return fields


def _tell_all() -> None:
    for part in ("question", "answers"):
        the_application().class_channel.changed(part)


def _found(person: Person) -> dict[str, Any]:
    application = the_application()
    predictions = application.predictions
    return {
        "question": predictions.question_view(),
        "answers": predictions.answers_view(person.role, application.classroom.names()),
        "mine": predictions.mine(person.id),
    }


def _ask(fields: dict[str, Any]) -> Asked:
    if "axes" in fields or "id" in fields:
        raise QuestionRefused("A question names a curve, not its axes, and has no id yet.")
    curve = fields.pop("curve", None)
    if curve is not None:
        fields["axes"] = _axes(curve)
    return the_application().predictions.ask(question_of(fields))


def _axes(curve: Any) -> dict[str, Any]:
    wanted = curve if isinstance(curve, dict) else {}
    name, metric, count = wanted.get("run"), wanted.get("metric"), wanted.get("batches", wanted.get("epochs"))
    if not isinstance(name, str) or not isinstance(metric, str) or type(count) is not int:
        raise QuestionRefused('What is drawn is named as {"run": "demo", "metric": "g_loss", "batches": 400}.')
    run = run_named(the_registry().get, name)
    return axes_of(run, metric, count if "batches" in wanted else batches_to(run, count))


def _act(question: str, fields: dict[str, Any]) -> Asked:
    name, right = fields.get("act"), fields.get("right")
    if not isinstance(name, str) or name not in list(Act):
        raise QuestionRefused(f"A question can be told to {', '.join(Act)}.")
    state = the_application().predictions.asked(question)
    if Act(name) is Act.TELL and state.question.kind is Kind.CURVE:
        right = _measured(state, whole=fields.get("whole") is True)
        if right is None:
            return state
    return the_application().predictions.act(question, Act(name), right)


def _measured(state: Asked, *, whole: bool) -> Value | None:
    """How the curve of a question really went; None if it is wanted as a whole and not known to its end."""
    axes = state.question.axes
    assert axes is not None
    run = run_named(the_registry().get, axes.run)
    if whole and not is_whole(run, axes.metric, axes.from_batch, axes.to_batch):
        return None
    return real_curve(run, axes.metric, axes.from_batch, axes.to_batch)
