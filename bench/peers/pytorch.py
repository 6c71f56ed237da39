"""PyTorch, eager, one thread. Takes a line of JSON and raw arrays on its standard input, answers with a line of JSON.

In: {"item": ..., "arrays": [{"name", "dtype", "length"}, ...], "rules": ...}, then the arrays' bytes one after the other.
"""

import ctypes
import json
import resource
import sys
import time

sys.stdout.reconfigure(line_buffering=True)
task = json.loads(sys.stdin.buffer.readline())
item, rules = task["item"], task["rules"]

began = time.perf_counter()
import torch  # noqa: E402  (its import is measured)
from torch import nn  # noqa: E402
from torch.nn import functional as F  # noqa: E402

import_ms = 1000 * (time.perf_counter() - began)

torch.set_num_threads(1)
# On the CPU the fastest layout for convolutions, as its documentation says; here it halves a step.
IMAGES = torch.channels_last
# Adam's moments of dead units become denormal, and those are slow.
torch.set_flush_denormal(True)
DTYPES = {"f32": torch.float32, "i32": torch.int32}


def read_array(spec):
    array = torch.empty(spec["length"], dtype=DTYPES[spec["dtype"]])
    view = memoryview(array.numpy()).cast("B")
    filled = 0
    while filled < len(view):
        count = sys.stdin.buffer.readinto(view[filled:])
        if not count:
            raise EOFError(f"{spec['name']}: the input ended too early")
        filled += count
    return array


arrays = {spec["name"]: read_array(spec) for spec in task["arrays"]}
shapes = task["weightShapes"]
weights = [arrays[f"weight {i}"].reshape(shape) for i, shape in enumerate(shapes)]


class SkipGram(nn.Module):
    def __init__(self):
        super().__init__()
        size = item["vocabulary"], item["dimension"]
        self.words = nn.Embedding(*size, sparse=True)
        self.contexts = nn.Embedding(*size, sparse=True)

    def forward(self, x):
        center, candidates = x
        return torch.bmm(self.contexts(candidates), self.words(center).unsqueeze(2)).squeeze(2)


def make_model():
    """The item's network with its starting weights."""
    if item["kind"] == "skipGram":
        model = SkipGram()
        with torch.no_grad():
            for table, weight in zip((model.words, model.contexts), weights):
                table.weight.copy_(weight)
        return model
    layers = []
    if item["kind"] == "mlp":
        sizes = item["sizes"]
        activation = {"relu": nn.ReLU, "tanh": nn.Tanh}[item["activation"]]
        for i, (inputs, outputs) in enumerate(zip(sizes, sizes[1:])):
            layers.append(nn.Linear(inputs, outputs))
            if i < len(sizes) - 2:
                layers.append(activation())
    else:
        channels = item["image"][2]
        for filters in item["filters"]:
            layers += [nn.Conv2d(channels, filters, 3), nn.ReLU(), nn.MaxPool2d(2)]
            channels = filters
        layers += [nn.Flatten(), nn.Linear(shapes[-2][0], item["classes"])]
    model = nn.Sequential(*layers)
    with torch.no_grad():
        for i, parameter in enumerate(model.parameters()):
            parameter.copy_(laid_out(i))
    return model.to(memory_format=IMAGES)


def laid_out(i):
    """Weight i as PyTorch has it: outputs first, channels before pixels."""
    weight = weights[i]
    if weight.dim() == 4:
        return weight.permute(3, 2, 0, 1)
    if weight.dim() == 2 and item["kind"] == "cnn":
        channels = item["filters"][-1]
        side = round((weight.shape[0] // channels) ** 0.5)
        weight = weight.reshape(side, side, channels, -1).permute(2, 0, 1, 3).reshape(weight.shape)
    return weight.t() if weight.dim() == 2 else weight


def make_optimizer(model):
    options = item["optimizer"]
    if options["name"] == "adam":
        return torch.optim.Adam(model.parameters(), lr=options["learningRate"])
    return torch.optim.SGD(model.parameters(), lr=options["learningRate"], momentum=options["momentum"])


LOSSES = {
    "crossEntropy": F.cross_entropy,
    "meanSquaredError": F.mse_loss,
    "binaryCrossEntropy": F.binary_cross_entropy_with_logits,
}


def make_batches(count):
    """The first batches, each a pair of inputs and targets."""
    row_shape = task["inputShape"]
    if item["kind"] == "cnn":
        # One channel first is one channel last.
        row_shape = [row_shape[2], row_shape[0], row_shape[1]]
    x = arrays["x"].reshape(-1, item["batchSize"], *row_shape)[:count]
    y = arrays["y"].reshape(-1, item["batchSize"], *task["targetShape"])[:count]
    if item["kind"] == "cnn":
        y = y.long()
        return [(x[i].contiguous(memory_format=IMAGES), y[i]) for i in range(count)]
    if item["loss"] == "crossEntropy":
        y = y.long()
    if item["kind"] == "skipGram":
        x = x.long()
        return [((x[i, :, 0].contiguous(), x[i, :, 1:].contiguous()), y[i]) for i in range(count)]
    return [(x[i], y[i]) for i in range(count)]


def start():
    """A step: takes a batch, returns the loss as a tensor."""
    model = make_model()
    optimizer = make_optimizer(model)
    loss_of = LOSSES[item["loss"]]

    def step(batch):
        x, y = batch
        optimizer.zero_grad(set_to_none=True)
        loss = loss_of(model(x), y)
        loss.backward()
        optimizer.step()
        return loss

    return step


def median(values):
    values = sorted(values)
    middle = len(values) // 2
    return values[middle] if len(values) % 2 else (values[middle] + values[middle - 1]) / 2


def first_steps():
    began = time.perf_counter()
    step = start()
    batch = make_batches(1)[0]
    losses, first_step_ms = [], 0
    while len(losses) < rules["comparedSteps"]:
        losses.append(step(batch).item())
        elapsed = 1000 * (time.perf_counter() - began)
        if len(losses) == 1:
            first_step_ms = elapsed
        if len(losses) >= rules["leastSteps"]["compared"] and elapsed > rules["patience"]:
            break
    return losses, first_step_ms


def steady_state():
    step = start()
    batches = make_batches(task["batches"])
    count = len(batches)
    taken = 0
    began = time.perf_counter()

    def patient():
        return 1000 * (time.perf_counter() - began) < rules["patience"]

    while taken < item["warmSteps"] and (taken < rules["leastSteps"]["warm"] or patient()):
        step(batches[taken % count])
        taken += 1
    warm = taken
    began = time.perf_counter()
    blocks = []
    while len(blocks) < 10 or taken < warm + item["measuredSteps"]:
        if taken >= warm + rules["leastSteps"]["measured"] and not patient():
            break
        first, cpu, wall = taken, time.process_time(), time.perf_counter()
        while True:
            step(batches[taken % count])
            taken += 1
            ms = 1000 * (time.perf_counter() - wall)
            if ms >= rules["shortestBlock"]:
                break
        blocks.append((ms, 1e6 * (time.process_time() - cpu), taken - first))
    per_step = [1000 * ms / steps for ms, _, steps in blocks]
    return {
        "median": median(per_step),
        "best": min(per_step),
        "cpu": median([cpu / steps for _, cpu, steps in blocks]),
        "blocks": len(blocks),
        "steps": sum(steps for _, _, steps in blocks),
        "blockMs": median([ms for ms, _, _ in blocks]),
        "warmSteps": warm,
    }


def blas_kernels():
    """The processor whose kernels OpenBLAS took, or None."""
    try:
        name = ctypes.CDLL("libblas.so.3").openblas_get_corename
    except (OSError, AttributeError):
        return None
    name.restype = ctypes.c_char_p
    return name().decode()


losses, first_step_ms = first_steps()
steady = steady_state()
print(
    json.dumps(
        {
            "importMs": import_ms,
            "losses": losses,
            "firstStepMs": first_step_ms,
            "steady": steady,
            "kernels": blas_kernels(),
            "peakRssBytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
        }
    )
)
