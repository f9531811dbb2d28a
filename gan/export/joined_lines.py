"""Joins short statements of a script that would otherwise have too many lines."""

from __future__ import annotations

import ast


def joined(code: str) -> str:
    """The code with neighbouring statements on one line wherever that changes nothing.

    Calls become one tuple, and so do assignments of which the later ones do not read what the earlier ones assign.
    Comments move to the end of the line.
    """
    lines: list[str | None] = list(code.splitlines())
    for node in ast.walk(ast.parse(code)):
        for block in (getattr(node, "body", None), getattr(node, "orelse", None)):
            body = block if isinstance(block, list) else []
            while body:
                group = _group(body)
                _join(lines, group)
                body = body[len(group) :]
    return "".join(f"{line}\n" for line in lines if line is not None)


def _group(body: list[ast.stmt]) -> list[ast.stmt]:
    """The first statement of a block, and those after it that can join it."""
    first, *rest = body
    group, assigned = [first], _assigned(first)
    for statement in rest if assigned is not None or _is_call(first) else ():
        if assigned is None and not _is_call(statement):
            break
        if assigned is not None:
            names = _assigned(statement)
            if names is None or assigned & _read(statement):
                break
            assigned |= names
        group.append(statement)
    return group


def _is_call(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call) and _on_one_line(statement)


def _assigned(statement: ast.stmt) -> set[str] | None:
    """The names that a plain assignment gives values to; None for any other statement."""
    if not isinstance(statement, ast.Assign) or len(statement.targets) != 1 or not _on_one_line(statement):
        return None
    targets, values = _parts(statement.targets[0]), _parts(statement.value)
    if len(targets) != len(values):
        return None
    names = [target.id for target in targets if isinstance(target, ast.Name)]
    return set(names) if len(names) == len(targets) else None


def _parts(node: ast.expr) -> list[ast.expr]:
    return node.elts if isinstance(node, ast.Tuple) else [node]


def _read(statement: ast.stmt) -> set[str]:
    return {node.id for node in ast.walk(statement) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}


def _on_one_line(statement: ast.stmt) -> bool:
    return statement.lineno == statement.end_lineno


def _join(lines: list[str | None], group: list[ast.stmt]) -> None:
    """Put the statements of a group on the line of its first."""
    if len(group) == 1:
        return
    texts = [lines[statement.lineno - 1] or "" for statement in group]
    comments = [text[statement.end_col_offset :].strip(" #") for text, statement in zip(texts, group, strict=True)]
    indent = " " * group[0].col_offset
    code = ", ".join(ast.unparse(each.value) for each in group if isinstance(each, ast.Expr))
    assignments = [each for each in group if isinstance(each, ast.Assign)]
    if assignments:
        targets = [ast.unparse(part) for each in assignments for part in _parts(each.targets[0])]
        values = [ast.unparse(part) for each in assignments for part in _parts(each.value)]
        code = f"{', '.join(targets)} = {', '.join(values)}"
    remark = "; ".join(filter(None, comments))
    lines[group[0].lineno - 1] = f"{indent}{code}{f'  # {remark}' if remark else ''}"
    for statement in group[1:]:
        lines[statement.lineno - 1] = None
