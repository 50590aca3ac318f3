"""Mistakes in the loss and in the backward pass."""

from __future__ import annotations

from .choices import Variation
from .known import Known, known

LOSS = (
    known(
        "loss_without_half", "loss",
        "Your gradients are exactly twice what equation (1) gives: look at its constant factor again.",
        "All gradients times 2: the ½ of equation (1) is missing (or backward ran twice).",
        Variation(half=1.0),
    ),
    known(
        "gradients_accumulated_twice", "backward",
        "Your gradients are a sum over two backward passes: .grad adds up until it is zeroed.",
        "All gradients times 2, the loss right: backward was called twice without zeroing .grad.",
        Variation(backward_calls=2), hints="backward:again retain_graph",
    ),
    known(
        "loss_without_batch_mean", "loss",
        "Equation (1) averages over the instances of the minibatch; your loss adds them up.",
        "Loss and gradients times M = 5: the factor 1/M is missing (or: divided by the 2 outputs, and no ½).",
        Variation(divisor="nothing"),
    ),
    known(
        "loss_summed", "loss",
        "Your loss is the plain sum of all squared differences; equation (1) has two factors before it.",
        "Loss and gradients times 2M = 10: neither ½ nor 1/M, as nn.MSELoss(reduction='sum').",
        Variation(divisor="nothing", half=1.0),
    ),
    known(
        "loss_mean_over_everything", "loss",
        "Your gradients are half of what equation (1) gives: either you average over outputs as well as "
        "instances before you halve, or you halve twice. Which sum does 1/M belong to?",
        "Loss and gradients times ½: ½ times the mean over all M·K entries, such as nn.MSELoss()/2 (the "
        "mean over entries alone equals equation (1) here), or ½ twice.",
        Variation(divisor="entries"),
    ),
    known(
        "loss_divided_by_outputs", "loss",
        "You average over the wrong axis: M counts the instances of the minibatch, not the output units.",
        "Loss and gradients times M/K = 5/2: divided by the 2 outputs instead of the 5 instances.",
        Variation(divisor="outputs"),
    ),
    known(
        "loss_averaged_twice", "loss",
        "You divide by the number of instances twice, for example once by hand and once with a mean.",
        "Loss and gradients times 1/M = 1/5: averaged over the batch twice.",
        Variation(divisor="instances twice"),
    ),
    known(
        "loss_negated", "loss",
        "Your gradients have the opposite sign: check which way your loss grows when the outputs get worse.",
        "Loss and gradients times -1.",
        Variation(sign=-1.0),
    ),
    known(
        "gradients_accumulated_three_times", "backward",
        "Your gradients are a sum over three backward passes: .grad adds up until it is zeroed.",
        "All gradients times 3, the loss right: backward was called three times without zeroing .grad.",
        Variation(backward_calls=3),
    ),
    known(
        "gradients_zeroed", "backward",
        "All your gradients are zero: they were zeroed between backward and print, never computed, or the "
        "loss has a factor zero (1//2 is 0).",
        "All gradients 0: zero_grad ran after backward, backward never ran, or the loss is constant.",
        Variation(backward_calls=0),
    ),
    known(
        "bias_gradients_averaged", "backward",
        "Your bias gradients are averaged once too often: each is a sum over the instances.",
        "Bias gradients times 1/M, weight gradients right.",
        Variation(bias_gradients_averaged=True), rare=True,
    ),
    known(
        "loss_quartered", "loss",
        "Your gradients are a quarter of what equation (1) gives: it has one ½ and one 1/M, nothing else.",
        "Loss and gradients times ¼: ½ twice and averaged over outputs too, such as nn.MSELoss()/4.",
        Variation(half=0.125),
    ),
    known(
        "loss_divided_by_inputs", "loss",
        "You divide by the number of input features; M counts the instances of the minibatch.",
        "Loss and gradients times 5/3: divided by 3, as len(x) or x.shape[0] of the handout's (3, 5).",
        Variation(divisor="inputs"),
    ),
    known(
        "loss_divided_by_hidden", "loss",
        "You don't divide by the number of instances in the minibatch: what does M count?",
        "Loss and gradients times 5/4: divided by 4, the hidden units (or M - 1).",
        Variation(divisor="hidden"),
    ),
    *(
        known(f"loss_{name}", "loss", message, detail, Variation(objective=name), signs=signs, rare=rare)
        for name, signs, rare, message, detail in (
            ("absolute", "abs L1Loss l1_loss absolute", False,
             "Your loss takes absolute differences; equation (1) squares them.",
             "Mean absolute error (nn.L1Loss) instead of equation (1)."),
            ("smooth_l1", "HuberLoss SmoothL1Loss huber_loss smooth_l1_loss where", False,
             "Your loss is only quadratic near zero; equation (1) is quadratic everywhere.",
             "nn.SmoothL1Loss or nn.HuberLoss instead of equation (1)."),
            ("cross_entropy", "CrossEntropyLoss cross_entropy NLLLoss nll_loss log_softmax", False,
             "Cross-entropy is for classes; the handout asks for the squared loss (1).",
             "nn.CrossEntropyLoss on outputs and targets (batch first) instead of equation (1)."),
            ("class_cross_entropy", "argmax", True,
             "Cross-entropy is for classes; the handout asks for the squared loss (1).",
             "nn.CrossEntropyLoss on outputs and the index of the larger target."),
            ("bce_with_logits", "BCEWithLogitsLoss BCELoss binary_cross_entropy_with_logits log", True,
             "Binary cross-entropy is for classes; the handout asks for the squared loss.",
             "nn.BCEWithLogitsLoss on outputs and targets instead of equation (1)."),
            ("root", "sqrt 0.5 rmse RMSE", False,
             "You take a root of the mean squared error; equation (1) has none.",
             "Root of nn.MSELoss() instead of equation (1)."),
            ("norm", "norm dist cdist PairwiseDistance sqrt", True,
             "Your loss is the length of the difference; equation (1) squares it.",
             "Euclidean norm of all differences instead of equation (1)."),
            ("mean_norm", "norm dist PairwiseDistance pairwise_distance sqrt", True,
             "Your loss is the length of each instance's difference; equation (1) squares it.",
             "Batch mean of the Euclidean norms of the instances' differences."),
            ("not_squared", "", False,
             "The differences in your loss are not squared.",
             "Equation (1) without the square: ½ times the batch mean of the summed differences."),
            ("square_of_sum", "", True,
             "You add the two outputs' differences before you square; equation (1) squares each of them.",
             "½ of the batch mean of (sum over outputs of f-y)²."),
            ("square_of_mean", "", True,
             "You average over the minibatch before you square; equation (1) does it after.",
             "½ of the sum over outputs of (batch mean of f-y)²."),
            ("every_pair", "reshape view flatten ravel squeeze unsqueeze None newaxis", True,
             "Your loss compares every output with every target: an (n, 1) minus an (n,) is an (n, n). Print "
             "the shape of the difference.",
             "Mean over all pairs of (f_i - y_j)², as of .reshape(-1, 1) minus .reshape(-1)."),
            ("targets_as_slope", "", True,
             "You hand the targets to backward as if they were a derivative; call it on the loss (1).",
             "Gradients of the sum of outputs times targets, as output.backward(y) gives."),
            ("targets_forgotten", "", False,
             "The targets don't enter your loss; equation (1) compares the outputs with them.",
             "½ of the batch mean of f²: the loss of the outputs alone, as against targets of zero."),
            ("targets_added", "", True,
             "Your loss adds outputs and targets; equation (1) takes their difference.",
             "½ of the batch mean of (f+y)²."),
            ("outputs_summed", "", False,
             "You differentiate the outputs: the targets don't enter your loss.",
             "Gradients of output.sum(), for example output.backward(torch.ones_like(output))."),
            ("outputs_averaged", "", True,
             "You differentiate the outputs: the targets don't enter your loss.",
             "Gradients of output.mean()."),
            ("last_instance", "", False,
             "Your gradients are those of one instance; equation (1) takes them all.",
             "Gradients of the last instance's ½(f-y)² alone, as in a loop that zeroes in between."),
            ("first_instance", "", False,
             "Your gradients are those of one instance; equation (1) takes them all.",
             "Gradients of the first instance's ½(f-y)² alone."),
            ("first_output", "", True,
             "Your loss compares one output unit; equation (1) compares both with the targets.",
             "Equation (1) for the first output unit alone."),
            ("last_output", "", True,
             "Your loss compares one output unit; equation (1) compares both with the targets.",
             "Equation (1) for the last output unit alone."),
        )
    ),
)  # fmt: skip


def penalised(factor: float) -> Known:
    """A penalty on the squared weights in the loss."""
    return known(
        f"weights_penalised_{str(factor).replace('.', '_')}", "loss",
        "Your loss holds a penalty on the weights; equation (1) has none.",
        f"{factor:g} times each weight in its gradient, as {factor / 2:g} times the sum of squares gives.",
        Variation(penalty=factor), rare=True,
    )  # fmt: skip


def accumulated(times: int) -> Known:
    """.grad of several backward passes that nothing zeroed."""
    return known(
        f"gradients_accumulated_{times}_times", "backward",
        f"Your gradients are a sum over {times} backward passes: .grad adds up until it is zeroed.",
        f"All gradients times {times}, the loss right: backward ran {times} times without zeroing .grad.",
        Variation(backward_calls=times), signs=str(times), rare=True,
    )  # fmt: skip
