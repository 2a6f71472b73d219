"""`isocortex invitro fit`: fit pathways, score the fit in the virtual slice, and write the laminar profile and its sheet."""

from __future__ import annotations

import dataclasses
import pathlib
from typing import TYPE_CHECKING, Any

from isocortex.commands.output import Output

if TYPE_CHECKING:
    from rich.table import Table

    from isocortex.invitro.profile import Profile


def fit(names: list[str], out: pathlib.Path | None, seed: int | None, output: Output) -> None:
    """Fit the pathways (``all``: every one), or answer the two questions (``shared``)."""
    from isocortex.errors import DescriptionError, nearest
    from isocortex.invitro import holdout
    from isocortex.invitro.pathway import pathways

    chosen_seed = holdout.SEED if seed is None else seed
    if not names:
        raise DescriptionError(f"invitro fit: needs a pathway; {nearest('', pathways())}; or all, or shared")
    if names == ["shared"]:
        _shared(out, chosen_seed, output)
        return
    wanted = list(pathways()) if names == ["all"] else names
    for name in wanted:
        if name not in pathways():
            raise DescriptionError(f"invitro fit: no pathway {name!r}; {nearest(name, [*pathways(), 'all', 'shared'])}")
    profiles = _fitted(wanted, out, chosen_seed, output)
    output.result({"profiles": [_row(p) for p in profiles]}, *[_table(p) for p in profiles])


def _made(folder: pathlib.Path | None) -> pathlib.Path | None:
    """The folder of ``--out``, made where it is not there."""
    from isocortex.errors import DataError

    try:
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)
    except OSError as e:
        raise DataError(f"--out: {folder} cannot be made ({e.strerror}); give a folder that can be written") from None
    return folder


def write_sheet(names: list[str], out: pathlib.Path | None, output: Output) -> None:
    """Write the sheet of the package's profiles, as `fit` does after each fit."""
    from isocortex.errors import DescriptionError
    from isocortex.invitro import laminar

    if names:
        raise DescriptionError(
            f"invitro sheet: {names[0]!r} is not wanted; the sheet holds every pathway with a place in cortex"
        )
    path = laminar.write_sheet(_made(out))
    output.result({"sheet": str(path)}, f"sheet: {path}")


def _fitted(names: list[str], out: pathlib.Path | None, seed: int, output: Output) -> list[Profile]:
    from isocortex.invitro import lab, laminar, profile
    from isocortex.invitro.fit import fit_profiles
    from isocortex.invitro.score import met
    from isocortex.invitro.table import points

    folder, found = _made(out) or profile.folder(), {}
    for p in fit_profiles(names, seed=seed):
        found[p.pathway] = p
        profile.write(p, folder / f"{p.pathway}.toml")
        output.note(f"{p.pathway}: chi2 {p.fit['chi2']:.1f} for {p.fit['points']} points and {p.fit['free']} free parameters")
    known = profile.packaged_profiles(tuple(names)) | found
    with output.stdout_kept_clean():
        results = lab.measure([p for p in points() if p.pathway in names], known)
    done = []
    for name in names:
        p = found[name]
        own = [r for r in results if r.point.pathway == name and (r.point.provenance != "memory" or p.fit["from_memory"])]
        aside = [r for r in own if r.point.name in p.fit["held_out"]]
        fitted = [r for r in own if r.point.name not in p.fit["held_out"]]
        record = dict(p.fit) | dict(
            slice_chi2=round(sum(r.z**2 for r in fitted), 3), slice_within_2_sem=met(fitted),
            held_out_within_2_sem=met(aside))  # fmt: skip
        done.append(dataclasses.replace(p, fit=record))
        profile.write(done[-1], folder / f"{name}.toml")
    profile.packaged_profiles.cache_clear()
    as_written = {p.pathway: profile.read(folder / f"{p.pathway}.toml") for p in done}  # rounded, as the sheet is made again
    sheet = laminar.write_sheet(out, known | as_written)
    output.note(f"profiles: {folder}; their sheet: {sheet}")
    return done


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


def _shared(out: pathlib.Path | None, seed: int, output: Output) -> None:
    import tomlkit

    from isocortex.invitro import compare
    from isocortex.invitro.files import packaged
    from isocortex.invitro.profile import packaged_profiles
    from isocortex.results.atomic import write_text

    folder, separate = _made(out), compare.own(packaged_profiles())
    document = dict(
        shared_set=compare.one_for_all(separate, seed=seed),
        forms=compare.by_form([*separate, *compare.on_trunk(packaged_profiles())], seed=seed),
    )
    file = (folder / "shared.toml") if folder else packaged("shared.toml")
    write_text(file, "# Written by `isocortex invitro fit shared`.\n" + tomlkit.dumps(document))
    output.note(f"written to {file}")
    s = document["shared_set"]
    lines = [f"one set for all pathways: chi2 {s['chi2']:.0f} with {s['free']} parameters; "
             f"a set each: {s['separate_chi2']:.0f} with {s['separate_free']}; AIC higher by {s['delta_aic']:.0f}"]  # fmt: skip
    for name, forms in document["forms"].items():
        told = ", ".join(f"{form} {v['aic']:.0f}" for form, v in forms.items())
        lines.append(f"{name}: AIC {told or 'too few points for any form'}")
    output.result(document, *lines)
