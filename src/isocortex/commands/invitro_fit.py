"""`isocortex invitro fit`: fit pathways, score the fit in the virtual slice, and write the laminar profile and its sheet."""

from __future__ import annotations

import dataclasses
import pathlib
from typing import TYPE_CHECKING, Any

from isocortex.commands.options import made_folder
from isocortex.commands.output import Output, fixed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.table import Table

    from isocortex.invitro.lab import Result
    from isocortex.invitro.profile import Profile


def fit(names: list[str], out: pathlib.Path | None, seed: int | None, output: Output, without: Sequence[str] = ()) -> None:
    """Fit the pathways (``all``: every one), or answer the two questions (``shared``). without : studies that are held out."""
    from isocortex.errors import DescriptionError, nearest
    from isocortex.invitro import holdout
    from isocortex.invitro.pathway import pathways

    chosen_seed = holdout.SEED if seed is None else seed
    if chosen_seed != holdout.SEED and out is None:
        raise DescriptionError(
            f"--seed: {seed} needs --out FOLDER; the package's profiles are those of the draw that counts, {holdout.SEED}"
        )
    if not names:
        raise DescriptionError(f"invitro fit: needs a pathway; {nearest('', pathways())}; or all, or shared")
    if names == ["shared"]:
        if without:
            raise DescriptionError("--without: does nothing for fit shared; give pathways")
        _shared(out, chosen_seed, output)
        return
    wanted = list(pathways()) if names == ["all"] else names
    for name in wanted:
        if name in ("all", "shared"):
            raise DescriptionError(f"invitro fit: {name!r} stands alone; give it without other names")
        if name not in pathways():
            raise DescriptionError(f"invitro fit: no pathway {name!r}; {nearest(name, [*pathways(), 'all', 'shared'])}")
    _check_without(without, wanted, out)
    profiles, aside = _fitted(wanted, out, chosen_seed, output, without)
    held = [
        dict(point=r.point.name, published=r.point.ratio, sem=r.point.error, simulated=round(r.simulated, 5)) for r in aside
    ]
    predictions = [_predictions(aside)] if aside else []
    output.result({"profiles": [_row(p) for p in profiles], "held_out": held}, *[_table(p) for p in profiles], *predictions)


def _check_without(without: Sequence[str], names: Sequence[str], out: pathlib.Path | None) -> None:
    from isocortex.errors import DescriptionError, nearest
    from isocortex.invitro.table import points

    own = {p.study for p in points() if p.pathway in names}
    for name in without:
        if name not in own:
            raise DescriptionError(f"--without: no study {name!r} on {', '.join(names)}; {nearest(name, own)}")
    if without and out is None:
        raise DescriptionError("--without: needs --out FOLDER; the package's profiles are those of all studies")


def write_sheet(names: list[str], out: pathlib.Path | None, output: Output) -> None:
    """Write the sheet of the package's profiles, as `fit` does after each fit."""
    from isocortex.errors import DescriptionError
    from isocortex.invitro import laminar

    if names:
        raise DescriptionError(
            f"invitro sheet: {names[0]!r} is not wanted; the sheet holds every pathway with a place in cortex"
        )
    path = laminar.write_sheet(out and made_folder("--out", out))
    output.result({"sheet": str(path)}, f"sheet: {path}")


def _fitted(
    names: list[str], out: pathlib.Path | None, seed: int, output: Output, without: Sequence[str]
) -> tuple[list[Profile], list[Result]]:
    """The profiles, with the slice's numbers, and the points that were held out."""
    from isocortex.invitro import lab, laminar, profile
    from isocortex.invitro.fit import fit_profiles, points_for
    from isocortex.invitro.pathway import pathways
    from isocortex.invitro.score import met
    from isocortex.invitro.table import points

    folder, found = made_folder("--out", out) if out else made_folder("--data", profile.folder()), {}
    for p in fit_profiles(names, seed=seed, without=without):
        found[p.pathway] = p
        profile.write(p, folder / f"{p.pathway}.toml")
        output.note(f"{p.pathway}: chi2 {p.fit['chi2']:.1f} for {p.fit['points']} points and {p.fit['free']} free parameters")
    known = profile.known_profiles(tuple(names)) | found
    with output.stdout_kept_clean():
        results = lab.measure([p for p in points() if p.pathway in names], known)
    done, held = [], []
    for name in names:
        p = found[name]
        used, put_aside = ({q.name for q in chosen} for chosen in points_for(pathways()[name], seed, without))
        fitted, aside = ([r for r in results if r.point.name in own] for own in (used, put_aside))
        record = dict(p.fit) | dict(
            slice_chi2=round(sum(r.z**2 for r in fitted), 3), slice_within_2_sem=met(fitted),
            held_out_within_2_sem=met(aside))  # fmt: skip
        held += aside
        done.append(dataclasses.replace(p, fit=record))
        profile.write(done[-1], folder / f"{name}.toml")
    profile.known_profiles.cache_clear()
    as_written = {p.pathway: profile.read(folder / f"{p.pathway}.toml") for p in done}  # rounded, as the sheet is made again
    sheet = laminar.write_sheet(out, known | as_written)
    output.note(f"profiles: {folder}; their sheet: {sheet}")
    return done, held


def _row(p: Profile) -> dict[str, Any]:
    intervals = {k: list(v) for k, v in p.intervals.items()}
    return dict(pathway=p.pathway, values=dict(p.values), intervals=intervals, fit=dict(p.fit))


def _table(p: Profile) -> Table:
    from rich import box
    from rich.table import Table

    f = p.fit
    title = (f"{p.pathway} ({f['rule']}): {f['free']} free parameters, {f['points']} points, "
             f"chi2 {f['slice_chi2']:.1f} in the slice, {f['slice_within_2_sem']} within 2 SEM; "
             f"held out {f['held_out_within_2_sem']} of {len(f['held_out'])}")  # fmt: skip
    table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
    for heading in ("parameter", "value", "95 % interval"):
        table.add_column(heading)
    for name, value in p.values.items():
        low, high = p.intervals[name]
        table.add_row(name, f"{value:.4g}", f"{low:.3g} to {high:.3g}")
    return table


def _predictions(aside: Sequence[Result]) -> Table:
    """What the fits say of the points that they have not seen."""
    from rich import box
    from rich.table import Table

    table = Table(title="held out", title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
    for heading in ("point", "published", "predicted", "z"):
        table.add_column(heading, justify="left" if heading == "point" else "right")
    for r in aside:
        table.add_row(r.point.name, f"{r.point.ratio:.2f} ± {r.point.error:.2f}", f"{r.simulated:.2f}", f"{r.z:+.1f}")
    return table


def _shared(out: pathlib.Path | None, seed: int, output: Output) -> None:
    import tomlkit

    from isocortex.invitro import compare
    from isocortex.invitro.profile import known_profiles
    from isocortex.invitro.sources import sources
    from isocortex.results.atomic import write_text

    folder, separate = out and made_folder("--out", out), compare.own(known_profiles())
    document = dict(
        shared_set=compare.one_for_all(separate, seed=seed),
        neocortex=compare.one_for_all(separate, neocortical=True, seed=seed),
        forms=compare.by_form([*separate, *compare.on_trunk(known_profiles())], seed=seed),
    )
    file = (folder / "shared.toml") if folder else sources().folder("shared.toml")
    write_text(file, "# Written by `isocortex invitro fit shared`.\n" + tomlkit.dumps(document))
    output.note(f"written to {file}")
    sets = ("all excitatory pathways", document["shared_set"]), ("those of neocortex", document["neocortex"])
    lines = [f"one set for {of}: chi2 {s['chi2']:.0f} with {s['free']} parameters; a set each: {s['separate_chi2']:.0f} with "
             f"{s['separate_free']}; AIC higher by {s['delta_aic']:.0f}" for of, s in sets]  # fmt: skip
    for name, forms in document["forms"].items():
        told = ", ".join(f"{form} {v['aic']:.0f} ({fixed(v.get('aicc'), 0)})" for form, v in forms.items())
        lines.append(f"{name}: AIC (AICc) {told}")
    output.result(document, *lines)
