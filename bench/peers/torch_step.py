"""PyTorch on a workload, or its forward pass on N rows.

torch_step.py NAME THREADS FOLDER
torch_step.py rows N THREADS FOLDER
"""
import sys

import torch
from torch import nn

import peer

rows = int(sys.argv[2]) if sys.argv[1] == "rows" else 0
threads, folder = int(sys.argv[-2]), sys.argv[-1]
torch.set_num_threads(threads)
torch.set_flush_denormal(True)
data = peer.Data("fashion-adam" if rows else sys.argv[1], folder)

layers = []
for kernel, bias in zip(data.kernels, data.biases):
    layer = nn.Linear(*kernel.shape)
    with torch.no_grad():
        layer.weight.copy_(torch.from_numpy(kernel.T.copy()))
        layer.bias.copy_(torch.from_numpy(bias.copy()))
    layers += [layer, nn.ReLU() if data.relu else nn.Sigmoid()]
net = nn.Sequential(*layers[:-1])


def train():
    xs = [torch.from_numpy(x) for x in data.x]
    if data.classes:
        ts, loss = [torch.from_numpy(t).long() for t in data.t], nn.CrossEntropyLoss()
    else:
        ts, loss = [torch.from_numpy(t).unsqueeze(1) for t in data.t], nn.BCEWithLogitsLoss()
    optimizer = (torch.optim.Adam if data.adam else torch.optim.SGD)(net.parameters(), lr=data.rate)

    def step(i):
        optimizer.zero_grad(set_to_none=True)
        value = loss(net(xs[i]), ts[i])
        value.backward()
        optimizer.step()
        return value.item

    return step, data.batches


def forward():
    """As a frozen script, which for one row is faster than the plain module."""
    frozen = torch.jit.freeze(torch.jit.script(net.eval()))
    x = torch.cat([torch.from_numpy(x) for x in data.x])
    xs = [x[i * rows:(i + 1) * rows] for i in range(1 if rows >= 10000 else 1000)]

    def step(i):
        out = frozen(xs[i])
        return lambda: out.sum().item()

    return step, len(xs)


with torch.set_grad_enabled(not rows):
    step, batches = forward() if rows else train()
    peer.serve(step, batches, f"PyTorch {torch.__version__}; " + peer.libraries("blas", "dnnl", "mkl"))
