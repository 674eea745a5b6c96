"""Currents into other places than the soma, and synaptic input, while one sweep lasts."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

from ..errors import IonfoError, nearest
from .cell import Cell
from .protocol_kinds import CurrentClamp, Protocol, Synapse
from .sites import Location
from .sweep import Corner


class Inputs:
    """What a sweep adds to the cell beside the clamp at the soma.

    A point process of a synapse brings states of its own to the integrator, so it is there for
    its sweep alone; no sweep depends on what another one has.

    Parameters
    ----------
    cell : Cell
        Where.
    protocols : sequence of Protocol
        Those of its e-model, which are checked.

    Raises
    ------
    IonfoError
        If the morphology lacks a place that is stimulated, or a point process does not exist or
        cannot do what is asked.
    """

    def __init__(self, cell: Cell, protocols: Sequence[Protocol]) -> None:
        self._h: Any = cell.h
        self._segments: dict[Location, Any] = {}
        self._clamps: dict[Location, tuple[Any, Any, Any]] = {}
        try:
            for protocol in protocols:
                if isinstance(protocol, CurrentClamp):
                    self._look_up(cell, protocol)
        except IonfoError:
            cell.close()  # so that another one can be built
            raise

    @contextmanager
    def playing(
        self,
        currents: Mapping[Location, Sequence[Corner]],
        synapses: Sequence[Synapse],
        total: float,
    ) -> Iterator[None]:
        """Play currents (ms, nA) and events during one sweep."""
        if not currents and not synapses:
            yield
            return
        with ExitStack() as stack:
            for site, corners in currents.items():
                clamp, times, values = self._clamp(site)
                clamp.delay, clamp.dur, clamp.amp = 0.0, total, corners[0][1]
                times.from_python([time for time, _ in corners])
                values.from_python([value for _, value in corners])
                values.play(clamp._ref_amp, times, 1)
                stack.callback(_silence, clamp, values)
            if synapses:
                # events that a failed sweep leaves in the queue must not outlive their targets
                stack.callback(self._h.finitialize, self._h.v_init)
            for synapse in synapses:
                stack.callback(self._connect(synapse))
            yield

    def close(self) -> None:
        """Let go of every clamp and segment."""
        self._clamps = {}
        self._segments = {}

    def _look_up(self, cell: Cell, protocol: CurrentClamp) -> None:
        for site in protocol.sites:
            self._segments[site] = _segment(cell, site, protocol.name)
        for synapse in protocol.synapses:
            self._check(synapse, protocol.name)

    def _clamp(self, site: Location) -> tuple[Any, Any, Any]:
        """Give the clamp of a place and its two Vectors, of which NEURON loses some memory."""
        if site not in self._clamps:
            h = self._h
            self._clamps[site] = (h.IClamp(self._segments[site]), h.Vector(), h.Vector())
        return self._clamps[site]

    def _connect(self, synapse: Synapse) -> Callable[[], None]:
        """Insert a point process with its events; the function that is given removes it."""
        h = self._h
        held: list[Any] = [getattr(h, synapse.point_process)(self._segments[synapse.site])]
        for name, value in synapse.parameters.items():
            setattr(held[0], name, value)
        if synapse.times:
            connection = h.NetCon(None, held[0])
            connection.weight[0] = synapse.weight

            def send() -> None:
                for time in synapse.times:
                    connection.event(time)

            held += [connection, h.FInitializeHandler(1, send)]

        def remove() -> None:
            while held:
                held.pop()

        return remove

    def _check(self, synapse: Synapse, protocol: str) -> None:
        h, name = self._h, synapse.point_process
        kinds = h.MechanismType(1)
        known: dict[str, int] = {}
        word = h.ref("")
        for i in range(int(kinds.count())):
            kinds.select(i)
            kinds.selected(word)
            if not kinds.is_artificial(i):
                known[word[0]] = i
        if name not in known:
            raise IonfoError(
                f"protocol '{protocol}': there is no point process '{name}'"
                f"{nearest(name, known)}; known are {', '.join(sorted(known))}"
            )
        if synapse.times and not kinds.is_netcon_target(known[name]):
            raise IonfoError(
                f"protocol '{protocol}': point process '{name}' takes no events (it has no "
                "NET_RECEIVE); set its times among its parameters, and leave 'times' out"
            )
        parameters = set()
        standard = h.MechanismStandard(name, 1)
        for i in range(int(standard.count())):
            standard.name(word, i)
            parameters.add(word[0])
        for one in synapse.parameters:
            if one not in parameters:
                raise IonfoError(
                    f"protocol '{protocol}': point process '{name}' has no parameter '{one}'"
                    f"{nearest(one, parameters)}"
                )


def _segment(cell: Cell, site: Location, protocol: str) -> Any:
    segment = cell.segment_at(site)
    if segment is None:
        where = f" at {site.distance:g} um" if site.distance is not None else ""
        raise IonfoError(
            f"protocol '{protocol}' stimulates region '{site.region}'{where}, and this morphology "
            "has no such place; change its site or give another --morphology"
        )
    return segment


def _silence(clamp: Any, values: Any) -> None:
    values.play_remove()
    clamp.amp, clamp.dur = 0.0, 0.0
