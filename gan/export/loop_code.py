"""The script's training loop: the lecture's, with the run's loss, knob moves and steps per batch."""

from __future__ import annotations

import ast
import functools
import inspect

from gan.export.plan import ScriptPlan
from gan.recording.metric_history import METRICS
from gan.training.losses import FAKE, FAKE_FOR_G, LOSSES, REAL, Loss, score
from gan.training.networks import CLASSES
from gan.training.sampling import GRID_IMAGES

_SLOPES = [
    "def slopes(logits, images):  # how the logits change with the pixels of their images",
    "    return torch.autograd.grad(logits.sum(), images, create_graph=True)[0]",
    "",
]
NEW_AVERAGE = "averaged, followed = copy.deepcopy(generator), 0"


def loop(plan: ScriptPlan) -> list[str]:
    """The lines from the loss's criterion to the last batch; they write `losses.csv`."""
    order = "torch.randperm(len(images), generator=order_rng)"
    return [
        *_criterion(plan),
        *(_SLOPES if plan.penalised or plan.critic_penalised else []),
        f'fixed_noise = noise({GRID_IMAGES}, knobs["latent_dim"], fixed_rng)',
        'log = open("losses.csv", "w")',
        f'print("{",".join(("batch", *METRICS))}", file=log)',
        "for batch in range(BATCHES):",
        *_indented(1, _turns(plan) if plan.moves else []),
        "    if batch % per_epoch == 0:  # an epoch begins: the images in a new order",
        f"        order = {order}{plan.to_device()}.split(BATCH_SIZE)",
        f"    real = {_scaled(plan)}",
        *_indented(1, _digits(plan) if plan.conditional else []),
        *_indented(1, _LONE_IMAGE if plan.norm and plan.lone_image else []),
        *_indented(1, _discriminator_steps(plan)),
        *_indented(1, _generator_steps(plan)),
        *_indented(1, _follow(plan) if plan.average else []),
        '    print(batch + 1, *figures.tolist(), sep=",", file=log)  # 4. what to log',
        "    if (batch + 1) % per_epoch == 0 or batch + 1 == BATCHES:",
        '        print(f"batch {batch + 1}: d_loss {d_loss:.6f}, g_loss {figures[1]:.6f}")',
        "log.close()",
    ]


def _criterion(plan: ScriptPlan) -> list[str]:
    """The criterion of the run's loss as `losses.py` writes it, without types and docstring; a score needs none."""
    if _loss(plan).criterion.value is score:
        return []
    (function,) = ast.parse(inspect.getsource(_loss(plan).criterion.value)).body
    assert isinstance(function, ast.FunctionDef)
    function.returns, function.body = None, function.body[1:]
    for argument in function.args.args:
        argument.annotation = None
    return [*ast.unparse(function).splitlines(), ""]


def _loss(plan: ScriptPlan) -> Loss:
    return LOSSES[plan.settings.loss]


def _mean(plan: ScriptPlan, images: int, logits: str, label: str) -> str:
    """The code for a mean of the criterion over these logits, times its weight in the loss."""
    weight = {1.0: "", -1.0: "-"}.get(_loss(plan).weights[images], f"{_loss(plan).weights[images]!r} * ")
    value = _loss(plan).criterion.value
    return f"{weight}{logits}.mean()" if value is score else f"{weight}{value.__name__}({logits}, {label})"


def _turns(plan: ScriptPlan) -> list[str]:
    lines = ["knobs.update(moved)"]
    if plan.moved("ema_decay"):
        lines = ['if moved.get("ema_decay") and not knobs["ema_decay"]:', f"    {NEW_AVERAGE}", *lines]
    if plan.moved("latent_dim"):
        lines = ['if "latent_dim" in moved:', '    fixed_noise = resize_latent(moved["latent_dim"])', *lines]
    lines += [
        f"optimizer_{side}.param_groups[0].update({plan.optimizer_knobs(side)})"
        for side in ("g", "d")
        if plan.moved(*(f"{knob}_{side}" for knob in ("lr", "beta1", "beta2", "momentum")))
    ]
    return ["for moved in (moved for trained, moved in MOVES if trained == batch):", *_indented(1, lines)]


def _scaled(plan: ScriptPlan) -> str:
    """Pixels from 0 to 255 in the run's range, in the one operation that the run used: two would round twice."""
    pixels, graph = "images[order[batch % per_epoch]]", ".requires_grad_()" if plan.ever("r1_gamma", 0.0) else ""
    if plan.settings.scaling == "0..1":
        return f"{pixels}.mul(1 / 255){graph}  # pixels from 0 to 1"
    return f"torch.add(torch.tensor(-1.0), {pixels}, alpha=1 / 127.5){graph}  # pixels from -1 to 1"


def _digits(plan: ScriptPlan) -> list[str]:
    where = f', device="{plan.device}"' if plan.to_device() else ""
    return [f"digits = torch.eye({CLASSES}{where})[labels[order[batch % per_epoch]]]  # for real and fake images alike"]


def _judged(plan: ScriptPlan, images: str) -> str:
    """The code for the discriminator's logits."""
    return f"discriminator({plan.asked(images)})"


_LONE_IMAGE = [
    "for norm in (layer for layer in generator if isinstance(layer, nn.BatchNorm1d)):",
    "    norm.train(len(real) > 1)  # a single image is normalised by the running averages",
]


def _discriminator_steps(plan: ScriptPlan) -> list[str]:
    label = f"1 - {plan.value('label_smoothing')}" if plan.ever("label_smoothing", 0.0) else "1.0"
    means = [_mean(plan, REAL, "real_logits", label), _mean(plan, FAKE, "fake_logits", repr(_loss(plan).labels[0]))]
    if _loss(plan).pairs:
        means = [_mean(plan, REAL, "real_logits - fake_logits", label)]
    judged = functools.partial(_judged, plan)
    shown = "fake.detach()"
    step = [f"fake = {plan.generated('z')}  # 1. fake images from noise"]
    if plan.ever("r2_gamma", 0.0):
        step, shown = [*step, f"shown = {shown}.requires_grad_()"], "shown"
    step += [
        f"real_logits, fake_logits = {judged('real')}, {judged(shown)}  # 2. the discriminator learns",
        f"d_loss = {' + '.join(means)}",
        *_unless(plan, "g", ["optimizer_d.zero_grad()", *_d_backward(plan, label), "optimizer_d.step()", *_clip(plan)]),
    ]
    draw, shares = _noise(), _shares(plan)
    if not plan.ever("d_steps", 1):
        return [f"z = {draw}", *([f"share = {shares}"] if shares else []), *step]
    each, others = ("z, share", "zip(zs[1:] + zs[:1], shares)") if shares else ("z", "zs[1:] + zs[:1]")
    return [
        f"zs = [{draw} for _ in range({_times(plan, 'd')})]",
        *([f"shares = [{shares} for _ in zs]"] if shares else []),
        f"for {each} in {others}:  # the fake images of the last step are also the generator's",
        *_indented(1, step),
    ]


def _shares(plan: ScriptPlan) -> str:
    """The numbers of the gradient penalty, if there ever was one."""
    if not plan.critic_penalised:
        return ""
    where = "" if plan.device == "cpu" else ", device=noise_rng.device"
    draw = f"torch.rand(len(real), 1, generator=noise_rng{where})"
    weight = plan.value("gradient_penalty")
    return f"{draw} if {weight} else None" if plan.moved("gradient_penalty") else draw


def _generator_steps(plan: ScriptPlan) -> list[str]:
    boundary = f"{_loss(plan).boundary:g}"
    pairs = f"-{_judged(plan, 'real')}.detach() + " if _loss(plan).pairs else ""
    real_logits = "real_logits - fake_logits" if _loss(plan).pairs else "real_logits"
    remark = "3. the generator learns to fool the discriminator that has just learned"
    step = [
        f"logits = {pairs}{_judged(plan, 'fake')}  # {remark}",
        f"g_loss = {_mean(plan, FAKE_FOR_G, 'logits', repr(_loss(plan).labels[1]))}",
        *_unless(plan, "d", ["optimizer_g.zero_grad()", *_g_backward(plan), "optimizer_g.step()"]),
    ]
    accuracies = f"100 * ({real_logits} > {boundary}).float().mean(), 100 * (logits <= {boundary}).float().mean()"
    figures = f"torch.stack([d_loss, g_loss, {accuracies}])"
    if not plan.ever("g_steps", 1):
        return [*step, f"figures = {figures}"]
    return [
        f"for step in range({_times(plan, 'g')}):",
        f"    fake = {plan.generated(_noise())} if step > 0 else fake",
        *_indented(1, step),
        "    if step == 0:",
        f"        figures = {figures}",
    ]


def _follow(plan: ScriptPlan) -> list[str]:
    """The moving average after a batch; without a decay it is the generator itself.

    Batch normalisation also counts batches, in a whole number that has no average.
    """
    mix = [f"mean.lerp_(newest, 1 - min({plan.value('ema_decay')}, (1 + followed) / (10 + followed)))"]
    return [
        "followed += 1",
        "for mean, newest in zip(averaged.state_dict().values(), generator.state_dict().values()):",
        *_indented(1, ["if mean.is_floating_point():", *_indented(1, mix)] if plan.norm else mix),
    ]


def _unless(plan: ScriptPlan, alone: str, lines: list[str]) -> list[str]:
    """The update of one network, skipped where the other learns alone."""
    return [f'if knobs["alone"] != "{alone}":', *_indented(1, lines)] if plan.alone else lines


def _times(plan: ScriptPlan, side: str) -> str:
    """How often a network runs in a batch: once if the other learns alone."""
    steps, other = plan.value(f"{side}_steps"), "g" if side == "d" else "d"
    return f'{steps} if knobs["alone"] != "{other}" else 1' if plan.alone else steps


def _noise() -> str:
    return 'noise(len(real), knobs["latent_dim"], noise_rng)'


def _d_backward(plan: ScriptPlan, label: str) -> list[str]:
    """Autograd, but for squared losses as the fast step: that divides by n where autograd multiplies by 1/n."""
    if plan.settings.loss != "least-squares" or not plan.rounds_as_fast:
        return [*_r1_and_r2(plan), *_gradient_penalty(plan), "d_loss.backward()"]
    return [
        f"gradients = (real_logits - ({label})).detach() / len(real), fake_logits.detach() / len(real)",
        "torch.autograd.backward([real_logits, fake_logits], gradients)  # those of d_loss, rounded as in the run",
    ]


def _r1_and_r2(plan: ScriptPlan) -> list[str]:
    """Both penalties, in the batches in which they are due."""
    if not plan.penalised:
        return []
    every, lazily = plan.value("penalty_every"), plan.ever("penalty_every", 1)
    times = every if lazily else 1
    penalties = [
        f"{plan.value(f'{name}_gamma')} * {times} / 2 * slopes({logits}, {images}).square().sum(1).mean()"
        for name, logits, images in (("r1", "real_logits", "real"), ("r2", "fake_logits", "shown"))
        if plan.ever(f"{name}_gamma", 0.0)
    ]
    backward = f"({' + '.join(penalties)}).backward(retain_graph=True)"
    return [f"if batch % {every} == 0:", f"    {backward}"] if lazily else [backward]


def _g_backward(plan: ScriptPlan) -> list[str]:
    if plan.settings.loss != "least-squares" or not plan.rounds_as_fast:
        return ["g_loss.backward()"]
    return ["logits.backward((logits - 1).detach() / len(real))"]


def _gradient_penalty(plan: ScriptPlan) -> list[str]:
    """The penalty of WGAN-GP, for images between fake and real ones."""
    if not plan.critic_penalised:
        return []
    weight = plan.value("gradient_penalty")
    lines = [
        "between = torch.lerp(fake.data, real.data, share).requires_grad_()",
        f"({weight} * (slopes({_judged(plan, 'between')}, between).norm(dim=1) - 1).square().mean()).backward()",
    ]
    return [f"if {weight}:", *_indented(1, lines)] if plan.moved("gradient_penalty") else lines


def _clip(plan: ScriptPlan) -> list[str]:
    if plan.settings.loss != "wasserstein" or (plan.critic_penalised and not plan.moved("gradient_penalty")):
        return []
    clip, unless = plan.settings.weight_clip, ""
    if plan.critic_penalised:
        unless = f" if not {plan.value('gradient_penalty')} else ()"
    return [f"for parameter in discriminator.parameters(){unless}:", f"    parameter.data.clamp_(-{clip!r}, {clip!r})"]


def _indented(levels: int, lines: list[str]) -> list[str]:
    return ["    " * levels + line for line in lines]
