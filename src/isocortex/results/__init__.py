"""What a run leaves behind. This room knows arrays and names, not the engine.

==============  ==========================================================================================
module          what it holds
==============  ==========================================================================================
`checksum`      one hex text for a nest of arrays, the same whatever the order or the chunking
`log`           `Log`, rows that only grow: the interface of everything recorded, and its form in memory
`zarrlog`       the same on disk, with a commit after every write
`spikes`        `SpikeStore`: spikes by population
`samples`       `SampleStore`: sampled variables of cells and synapses
`checkpoint`    a whole state in one file, bit for bit
`manifest`      versions, host and status of a run
`folder`        `RunFolder`: one folder a run, written so that it can be read after a crash
`reading`       `open_run`: a run folder as an `xarray.DataTree`, read lazily; `check_run`: is all of it there
`atomic`        files that are there whole or not at all
==============  ==========================================================================================
"""
