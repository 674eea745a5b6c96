"""What a new definition says in its comments, and the targets that stand in it to be filled."""

from __future__ import annotations

from pathlib import Path
from shlex import quote

TARGETS = (
    ("SearchHoldingCurrent.soma.v.bpo_holding_current", 0.0, 0.05),
    ("RinProtocol.soma.v.ohmic_input_resistance_vb_ssse", 100.0, 30.0),
    ("RMPProtocol.soma.v.steady_state_voltage_stimend", -75.0, 4.0),
    ("SearchThresholdCurrent.soma.v.bpo_threshold_current", 0.2, 0.1),
    ("Step_-100.soma.v.voltage_deflection", -12.0, 4.0),
    ("Step_-100.soma.v.sag_ratio1", 0.1, 0.05),
    ("Step_150.soma.v.mean_frequency", 8.0, 3.0),
    ("Step_150.soma.v.AP_amplitude", 75.0, 8.0),
    ("Step_150.soma.v.AP_duration_half_width", 1.2, 0.3),
    ("Step_150.soma.v.AHP_depth", 20.0, 5.0),
    ("Step_150.soma.v.inv_first_ISI", 15.0, 6.0),
    ("Step_250.soma.v.mean_frequency", 18.0, 5.0),
    ("Step_250.soma.v.inv_time_to_first_spike", 60.0, 20.0),
    ("Step_250.soma.v.inv_last_ISI", 16.0, 5.0),
)
"""Name, mean and SD of features of a cortical pyramidal cell, roughly: placeholders."""

WORDS = {
    "to_fill": """\
What is still a suggestion, by name. `ionfo check` lists it; take a name out when the entry is
your own. Nothing else depends on this list.""",
    "morphology": """\
How the reconstruction is cut. axon: taper replaces the axon by two initial-segment sections and
a piece of myelin, {stub: {lengths: [30, 30], diameters: [1, 1]}} by cylinders; null keeps it.
segment_length is in um. The file comes with --morphology.""",
    "regions": "Names for several regions together, of somatic, basal, apical, axonal, myelinated.",
    "mechanisms": """\
Region -> mechanisms that are inserted there. Regions are all, somatic, basal, apical, axonal,
myelinated, and those that you name under regions: {alldend: [basal, apical]}.""",
    "distributions": """\
Factors by which a parameter is multiplied along the cell; distance (um) is the path from the
soma.""",
    "parameters": """\
variable.region, with the names that NEURON knows. Fixed with a value, free with bounds: the free
ones are sampled. Each must be the parameter of a mechanism that its region has.""",
    "protocols": """\
In the order in which they are run. Times are in ms, currents in nA; percent is of the threshold
current, on top of the holding current. Other sites are recorded so:
  recordings: [{name: soma.v},
    {name: dend1.v, location: {kind: apical_trunk, region: apical, distance: 200.0}}]""",
    "features": """\
protocol.recording.feature with the name that eFEL gives the feature; mean and SD of the experiment
in the unit given. Your own recordings become this list with:
  ionfo targets RECORDINGS --config targets.json --emodel THIS_FILE --out filled.yaml""",
    "efel": "How eFEL looks at all traces: Threshold in mV, interp_step in ms.",
}
"""Key of a definition -> what is said above it."""


def header(name: str, file: str, morphology: Path, mechanisms: Path, axon: object) -> str:
    """Say what to do with a new definition."""
    file, cell, folder = (quote(str(one)) for one in (file, morphology, mechanisms))
    options = f"--morphology {cell} --mechanisms {folder}"
    axons = (
        "The reconstruction has an axon, which is replaced by a taper."
        if axon == "taper"
        else "The reconstruction has a short axon, which is replaced by two cylinders."
        if axon
        else "The reconstruction has no axon that can be replaced; what it has is kept."
    )
    return f"""\
{name}, a cell to be filled in. {axons}
What is wrong and what is left to fill:
  ionfo check {file} {options} --out check.png
Then models that you have, or a search for some:
  ionfo score {file} models.csv --out scored.csv {options}
  ionfo optimise {file} --out search {options}
  ionfo sample {file} --out run {options}"""
