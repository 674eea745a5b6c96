"""Make emodels/soma.json: its targets are the statistics of a stated set of reference cells.

The reference set is 40 cells around the conductances below, each conductance and calcium
parameter multiplied by an independent log-normal factor of SD 0.15; a target is the mean
and SD of a feature over them, the SD at least 8 mV for an amplitude and 0.05 ms for a
width.  Run it from anywhere; it replaces emodels/soma.json.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np

from ionfo.emodels import PLAIN, EModel, Missing, ProtocolRunner, Simulator
from ionfo.features import extract_features
from ionfo.terminal.output import mistakes_told

SEED = 20251
N_CELLS = 40
SPREAD = 0.15
# no experiment is more exact: a peak is read at the nearest sample
LEAST_STD = {"AP_amplitude": 8.0, "spike_half_width": 0.05}  # mV, ms

# parameter, unit, lower, upper, reference
FREE = [
    ("g_pas.somatic", "S/cm2", 1e-5, 6e-4, 1e-4),
    ("gIhbar_Ih.somatic", "S/cm2", 0.0, 6e-4, 6e-5),
    ("gNaTgbar_NaTg.somatic", "S/cm2", 0.0, 0.5, 0.12),
    ("gK_Pstbar_K_Pst.somatic", "S/cm2", 0.0, 0.1, 0.012),
    ("gK_Tstbar_K_Tst.somatic", "S/cm2", 0.0, 0.1, 0.01),
    ("gSKv3_1bar_SKv3_1.somatic", "S/cm2", 0.0, 0.5, 0.12),
    ("gCa_HVAbar_Ca_HVA2.somatic", "S/cm2", 0.0, 1e-3, 3e-4),
    ("gCa_LVAstbar_Ca_LVAst.somatic", "S/cm2", 0.0, 2e-3, 2e-4),
    ("gSK_E2bar_SK_E2.somatic", "S/cm2", 0.0, 0.02, 5e-3),
    ("decay_CaDynamics_DC0.somatic", "ms", 20.0, 300.0, 80.0),
    ("gamma_CaDynamics_DC0.somatic", "1", 0.005, 0.05, 0.03),
]
FIXED = [
    ("v_init", "mV", -80.0),
    ("celsius", "degC", 34.0),
    ("cm.somatic", "uF/cm2", 1.0),
    ("Ra.somatic", "ohm cm", 100.0),
    ("ena.somatic", "mV", 50.0),
    ("ek.somatic", "mV", -90.0),
    ("e_pas.somatic", "mV", -80.0),
    ("vshifth_NaTg.somatic", "mV", 10.0),
    ("slopem_NaTg.somatic", "mV", 9.0),
]
PULSE = {"delay": 60.0, "duration": 120.0, "total": 185.0}
PROTOCOLS = [
    {"name": "SearchHoldingCurrent", "kind": "holding_search", "target_voltage": -82.0,
     "precision": 0.01, "lower": -0.02, "upper": 0.02, "max_depth": 12, "duration": 150.0},
    {"name": "RinProtocol", "kind": "rin", "amplitude": -0.02, **PULSE},
    {"name": "RMPProtocol", "kind": "rmp", "duration": 150.0},
    {"name": "SearchThresholdCurrent", "kind": "threshold_search", **PULSE,
     "precision": 0.00002, "max_depth": 14, "max_voltage": -60.0, "max_current": 1.0},
    {"name": "Step_140", "kind": "step", "percent": 140.0, **PULSE},
    {"name": "Step_220", "kind": "step", "percent": 220.0, **PULSE},
]  # fmt: skip
STEP_FEATURES = [
    ("mean_frequency", "Hz"), ("AP_amplitude", "mV"), ("AHP_depth", "mV"),
    ("spike_half_width", "ms"), ("inv_time_to_first_spike", "Hz"),
    ("inv_first_ISI", "Hz"), ("inv_last_ISI", "Hz"),
]  # fmt: skip
FEATURES = [
    ("SearchHoldingCurrent.soma.v.bpo_holding_current", "nA"),
    ("RinProtocol.soma.v.ohmic_input_resistance_vb_ssse", "MOhm"),
    ("RMPProtocol.soma.v.steady_state_voltage_stimend", "mV"),
    ("SearchThresholdCurrent.soma.v.bpo_threshold_current", "nA"),
    *((f"{step}.soma.v.{name}", unit) for step in ("Step_140", "Step_220")
      for name, unit in STEP_FEATURES),
]  # fmt: skip


def definition(targets: dict[str, tuple[float, float]]) -> dict[str, object]:
    """Definition of the e-model with the given targets (mean and SD)."""
    return {
        "name": "soma",
        "description": "One-compartment regular-spiking cell for demonstrations and tests; its "
        f"targets are the mean and SD of {N_CELLS} simulated reference cells "
        # as the script was called when the e-model was named: the text is part of its hash
        "(scripts/make_soma_targets.py).",
        "sources": ["channels as in l5pc"],
        "morphology": {"file": "soma.swc", "axon": None, "segment_length": 40.0},
        "cvode_atol": 3e-4,
        "mechanisms": {
            "somatic": ["pas", "CaDynamics_DC0", "Ca_HVA2", "Ca_LVAst", "SKv3_1", "SK_E2",
                        "K_Pst", "K_Tst", "NaTg", "Ih"]
        },
        "parameters": [
            *({"name": n, "unit": u, "value": v} for n, u, v in FIXED),
            *({"name": n, "unit": u, "bounds": [lo, hi]} for n, u, lo, hi, _ in FREE),
        ],
        "protocols": PROTOCOLS,
        "features": [
            {"name": n, "mean": targets[n][0], "std": targets[n][1], "unit": u}
            for n, u in FEATURES
        ],
        "efel": {"Threshold": -20.0, "interp_step": 0.025, "strict_stiminterval": True},
        "reference": {n: reference for n, _, _, _, reference in FREE},
    }  # fmt: skip


def dump(content: dict[str, object]) -> str:
    """JSON with one parameter, protocol or feature a line."""
    lines = []
    for key, value in content.items():
        if isinstance(value, list) and value and isinstance(value[0], dict):
            rows = ",\n".join(f"  {json.dumps(row)}" for row in value)
            lines.append(f' "{key}": [\n{rows}\n ]')
        else:
            lines.append(f' "{key}": {json.dumps(value)}')
    return "{\n" + ",\n".join(lines) + "\n}\n"


def main() -> None:
    """Simulate the reference cells and write the definition."""
    parser = argparse.ArgumentParser(description=__doc__)
    folder = Path(__file__).resolve().parents[2]
    parser.add_argument("--out", type=Path, default=folder / "emodels" / "soma.json")
    parser.add_argument("--seed", type=int, default=SEED)
    arguments = parser.parse_args()

    untargeted = EModel.model_validate(definition({n: (0.0, 1.0) for n, _ in FEATURES}))
    simulator = Simulator(untargeted, numerics=PLAIN)
    rng = np.random.default_rng(arguments.seed)
    centre = np.array([reference for *_, reference in FREE])
    low, high = untargeted.bounds.T
    measured = []
    while len(measured) < N_CELLS:
        theta = np.clip(centre * np.exp(SPREAD * rng.standard_normal(len(centre))), low, high)
        simulator.set_parameters(theta)
        values = {}
        for name, response in ProtocolRunner(simulator).run():
            if isinstance(response, Missing):
                break
            targets = [t for t in untargeted.targets if t.protocol == name]
            values |= extract_features(response, targets, untargeted.efel_settings)
        row = [values[n].values.mean() for n, _ in FEATURES if n in values and not values[n].reason]
        if len(row) == len(FEATURES):
            measured.append(row)
    mean, std = np.mean(measured, axis=0), np.std(measured, axis=0, ddof=1)
    for i, (name, _) in enumerate(FEATURES):
        std[i] = max(std[i], LEAST_STD.get(name.rpartition(".")[2], 0.0))
    targets = {
        name: (float(f"{m:.6g}"), float(f"{s:.4g}"))
        for (name, _), m, s in zip(FEATURES, mean, std, strict=True)
    }
    for name, (m, s) in targets.items():
        print(f"{name:60s} {m:12.6g} +- {s:.4g}")
    arguments.out.write_text(dump(definition(targets)))


if __name__ == "__main__":
    with mistakes_told():
        main()
