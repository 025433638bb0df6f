"""Learns what runs of letters say of a text beyond what the rules found, and how that holds on sources it has not seen.

Needs Python 3.11 or later, numpy 2.4 and scipy 1.16 or later.

    node bench/injection/features.ts <folder of injection-dev.jsonl> <features>
    python bench/injection/train.py <features> shared/injection/weights.ts bench/injection/held-out.json

The rules' sum is a fixed offset, so only what they miss is learnt. Families weigh the same; of a text with an attack in it, the
windows that look most like one count. Held out means: neither that source (or family), nor any real user's prompt (arena-hard), nor the
hand-written hard negatives were trained on; rates are at the shipped threshold.
"""
import base64, json, sys
import numpy as np
from scipy.optimize import minimize
from scipy.sparse import csr_matrix

# As in shared/injection; GAIN keeps real users' prompts that were not trained on free of alarms.
BUCKETS, BIAS, FEWEST, L2 = 32768, -5.0, 120, 2e-4
LOW, HIGH, GAIN = 0.0, 3.0, 0.75

folder, output, report = sys.argv[1:4]
rows = json.load(open(f"{folder}/rows.json"))
windows = np.array(json.load(open(f"{folder}/windows.json")), dtype=float)
buckets = np.fromfile(f"{folder}/buckets.u16", dtype=np.uint16)
owner, rules, runs = windows[:, 0].astype(int), windows[:, 1], windows[:, 2].astype(int)
family, source = np.array([r[1] for r in rows]), np.array([r[2] for r in rows])
attack = np.array([r[0] == "injection" for r in rows])

edges = np.concatenate([[0], np.cumsum(runs)])
scale = np.repeat(1 / np.sqrt(np.maximum(runs, FEWEST)), runs)
X = csr_matrix((scale, buckets.astype(np.int32), edges), shape=(len(runs), BUCKETS))
X.sum_duplicates()
XT = X.T.tocsr()


def row_max(values):
    best = np.full(len(rows), -np.inf)
    np.maximum.at(best, owner, values)
    return best


def fit(trained):
    """Weights from the rows that may be trained on."""
    w = np.zeros(BUCKETS)
    for round in range(2):
        weight = np.zeros(len(runs))
        said = rules + (np.clip(X @ w, LOW, HIGH) if round else 0)
        top = said >= row_max(said)[owner] - 1e-9 if round else np.ones(len(runs), bool)
        for label in (True, False):
            names = [f for f in np.unique(family[trained & (attack == label)])]
            for name in names:
                mine = trained & (attack == label) & (family == name)
                use = mine[owner] & (top | (not label))
                count = np.bincount(owner[use], minlength=len(rows))
                # Families by the square root of their size, so that small ones are neither lost nor learnt by heart.
                share = np.sqrt(mine.sum())
                weight[use] += share / mine.sum() / count[owner[use]]
            chosen = attack[owner] == label
            total = weight[chosen].sum()
            weight[chosen] *= (0.5 if label else 0.5) / total
        use = np.flatnonzero(weight)
        A, y, c, offset = X[use], np.where(attack[owner[use]], 1.0, -1.0), weight[use], rules[use] + BIAS / 2
        AT = A.T.tocsr()

        def loss(w):
            z = y * (A @ w + offset)
            value = c @ np.logaddexp(0, -z) + L2 / 2 * w @ w
            slope = -c * y / (1 + np.exp(np.clip(z, -30, 30)))
            return value, AT @ slope + L2 * w

        w = minimize(loss, w, jac=True, method="L-BFGS-B", options={"maxiter": 30}).x
    return w


def scores(w, gain):
    return row_max(np.clip(gain * (X @ w), LOW, HIGH) + rules) + BIAS


def write(w):
    step = np.quantile(np.abs(w), 0.9995) / 127
    quantised = np.clip(np.round(w / step), -127, 127).astype(np.int8)
    encoded = base64.b64encode(quantised.tobytes()).decode()
    with open(output, "w") as file:
        file.write(f"""/** Written by bench/injection/train.py; where it comes from is in docs/adr/0050. */

/** What one unit of a weight is, in logits. */
export const gain = {GAIN * step:.6g};
export const lowest = {LOW:g};
export const highest = {HIGH:g};

/** One signed byte for each bucket, in base64. */
export const encodedWeights =
  '{encoded}';
""")
    return quantised * step


def rate(chosen, found):
    return dict(n=int(chosen.sum()), rate=float(found[chosen].mean()))


def main():
    users, hard = family == "arena_hard", family == "handwritten"
    alone = row_max(rules) + BIAS >= 0
    held_out = []
    for f in np.unique(family[attack]):
        sources = [s for s in np.unique(source[attack & (family == f)]) if (source == s).sum() >= 100]
        for s in [None] + (list(sources) if len(sources) > 1 or f == "itw_jailbreak" else []):
            out = (family == f) if s is None else (source == s)
            found = scores(fit(~(out | users | hard)), GAIN) >= 0
            held_out.append(dict(kind="injection", left_out=f if s is None else s, whole_family=s is None, **rate(out & attack, found),
                                 rules_alone=float(alone[out & attack].mean()), users=float(found[users].mean()), hard=float(found[hard].mean())))
            print(held_out[-1], flush=True)
    for f in np.unique(family[~attack]):
        out = family == f
        found = scores(fit(~out), GAIN) >= 0
        held_out.append(dict(kind="benign", left_out=f, whole_family=True, **rate(out & ~attack, found), rules_alone=float(alone[out & ~attack].mean())))
        print(held_out[-1], flush=True)
    final = write(fit(np.ones(len(rows), bool)))
    found = scores(final, GAIN) >= 0
    print("shipped, in sample", {f: float(found[attack & (family == f)].mean()) for f in np.unique(family[attack])}, float(found[~attack].mean()))
    json.dump(held_out, open(report, "w"), indent=1)


main()
