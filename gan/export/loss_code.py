"""The script's functions that train each network by one step, with the run's loss."""

from __future__ import annotations

from gan.export.plan import Plan

# What `train.LOSSES` are in the script: a function of one kind of logits and the two losses.
HELPERS = {
    "bce": "F.binary_cross_entropy_with_logits(logits, torch.full_like(logits, label))",
    "squared": "F.mse_loss(logits, torch.full_like(logits, label))",
}
LOSSES = {
    "non-saturating": ("0.5 * (bce(real_logits, {label}) + bce(fake_logits, 0.0))", "bce(logits, 1.0)"),
    "minimax": ("0.5 * (bce(real_logits, {label}) + bce(fake_logits, 0.0))", "-bce(logits, 0.0)"),
    "least-squares": (
        "0.5 * (squared(real_logits, {label}) + squared(fake_logits, 0.0))",
        "0.5 * squared(logits, 1.0)",
    ),
    "wasserstein": ("fake_logits.mean() - real_logits.mean()", "-logits.mean()"),
}  # fmt: skip


def loss_code(plan: Plan) -> list[str]:
    """The lines of `train_discriminator(real, fake)` and `train_generator(fake)`; each returns a loss and logits."""
    label = f"1 - {plan.value('label_smoothing')}" if plan.ever("label_smoothing", 0.0) else "1.0"
    d_loss, g_loss = (loss.format(label=label) for loss in LOSSES[plan.settings.loss])
    d_backward, g_backward = _backward(plan, label)
    return [
        *(line for name, value in HELPERS.items() if name in d_loss for line in _helper(name, value)),
        "def train_discriminator(real, fake):",
        "    logits = discriminator(torch.cat([real, fake]))",
        "    real_logits, fake_logits = logits.chunk(2)",
        f"    d_loss = {d_loss}",
        "    optimizer_d.zero_grad()",
        *d_backward,
        "    optimizer_d.step()",
        *_clip(plan),
        "    return d_loss, real_logits",
        "",
        "",
        "def train_generator(fake):",
        "    logits = discriminator(fake)",
        f"    g_loss = {g_loss}",
        "    optimizer_g.zero_grad()",
        *g_backward,
        "    optimizer_g.step()",
        "    return g_loss, logits",
    ]


def _helper(name: str, value: str) -> list[str]:
    return [f"def {name}(logits, label):", f"    return {value}", "", ""]


def _backward(plan: Plan, label: str) -> tuple[list[str], list[str]]:
    """Autograd, but for the squared losses: it multiplies by 1/n where the run divided by n, which rounds otherwise."""
    if plan.settings.loss != "least-squares":
        return ["    d_loss.backward()"], ["    g_loss.backward()"]
    slopes = f"torch.cat([real_logits - ({label}), fake_logits]).detach() / len(real)"
    return (
        [f"    slopes = {slopes}  # of d_loss; autograd rounds them differently", "    logits.backward(slopes)"],
        ["    logits.backward((logits.detach() - 1) / len(fake))"],
    )


def _clip(plan: Plan) -> list[str]:
    if plan.settings.loss != "wasserstein":
        return []
    clip = plan.settings.weight_clip
    return [
        "    with torch.no_grad():",
        "        for parameter in discriminator.parameters():",
        f"            parameter.clamp_(-{clip!r}, {clip!r})",
    ]
