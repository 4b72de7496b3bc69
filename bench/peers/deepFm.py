"""The model of bench/deepFm.ts in PyTorch, on the same examples, in one thread.

Usage: deepFm.py IDS LABELS ID_COUNT FIELD_COUNT BATCH; IDS is uint32 (examples, fields), from 0 on and
different in every field; LABELS is uint8. Prints processor seconds, and the mean log loss of each minibatch
before its step.

Vectors and weights are sparse embeddings; everything learns by Adagrad (PyTorch has no FTRL).
"""

import sys
import time

import numpy as np
import torch
from torch import nn

torch.set_num_threads(1)
torch.manual_seed(1)
torch.sparse.check_sparse_tensor_invariants.disable()  # as it is by default, but without the warning

ids_file, labels_file = sys.argv[1:3]
id_count, field_count, batch = map(int, sys.argv[3:6])
dim = 16

ids = torch.from_numpy(np.fromfile(ids_file, dtype=np.uint32).astype(np.int64)).view(-1, field_count)
labels = torch.from_numpy(np.fromfile(labels_file, dtype=np.uint8).astype(np.float32))


class DeepFM(nn.Module):
    def __init__(self):
        super().__init__()
        self.bias = nn.Parameter(torch.zeros(1))
        self.weights = nn.Embedding(id_count, 1, sparse=True)
        self.vectors = nn.Embedding(id_count, dim, sparse=True)
        nn.init.zeros_(self.weights.weight)
        nn.init.normal_(self.vectors.weight, std=0.05)
        self.network = nn.Sequential(
            nn.Linear(field_count * dim, 128),
            nn.ReLU(),
            nn.Linear(128, 64),
            nn.ReLU(),
            nn.Linear(64, 1, bias=False),
        )

    def forward(self, rows):
        vectors = self.vectors(rows)
        total = vectors.sum(1)
        pairs = 0.5 * (total * total - (vectors * vectors).sum(1)).sum(1)
        linear = self.weights(rows).sum((1, 2))
        deep = self.network(vectors.flatten(1)).squeeze(1)
        return self.bias + linear + pairs + deep


model = DeepFM()
# Under a start of 1 / batch², steps along the mean gradient are the steps along the sum under a start of 1.
rows = [
    {"params": [model.weights.weight], "lr": 0.1},
    {"params": [model.vectors.weight], "lr": 0.02},
]
dense = [model.bias, *model.network.parameters()]
optimisers = [
    torch.optim.Adagrad(rows, initial_accumulator_value=batch**-2),
    torch.optim.Adagrad(dense, lr=0.02, initial_accumulator_value=0.01, fused=True),
]
loss_of = nn.BCEWithLogitsLoss()

total = 0.0
begin = time.process_time()
for start in range(0, len(labels), batch):
    loss = loss_of(model(ids[start : start + batch]), labels[start : start + batch])
    for optimiser in optimisers:
        optimiser.zero_grad()
    loss.backward()
    for optimiser in optimisers:
        optimiser.step()
    total += loss.item() * len(labels[start : start + batch])
seconds = time.process_time() - begin
print(seconds, total / len(labels))
