"""The tables the kernel reads: what they hold and at which column. Data only."""

from __future__ import annotations

MAX_INTEGRALS, MAX_JUMPS, MAX_LEAKS = 6, 4, 2

# Columns of `classes` (int32, one row a projection)
KIND, N_INTEGRAL, N_JUMP, N_LEAK, MODE, PORT, FIRST, LAST, COUNT, CAPTURE, SHORT_TERM, PRE_FIRST, AGED = range(13)
INTEGRALS = 13  # then (base, stride, trace) for each integral, jump, leak (for a leak: base, stride, rest)
JUMPS = INTEGRALS + 3 * MAX_INTEGRALS
LEAKS = JUMPS + 3 * MAX_JUMPS
N_CLASS = LEAKS + 3 * MAX_LEAKS
STATIC, PAIR, STACK, GENERAL = range(4)  # KIND: how a segment is visited, the quickest that fits

# Columns of `scales` (float32, one row a projection); lengths of time in steps
W_REF, W_MIN, W_MAX, MU_PLUS, MU_MINUS, U, TAU_REC, TAU_FACIL = range(8)
N_SCALE = 8

# MODE
ADDITIVE, SOFT, POWER_LAW, SOFT_POWER = range(4)

# Columns of `segments` (int32): a run of synapses of one presynaptic cell, projection, axonal and dendritic delay
START, LENGTH, CLASS, DENDRITIC = range(4)
ROW = 4  # in `settling` only

# Columns of `traces` (float32): pairing, window in steps
PAIRING, WINDOW = range(2)
ALL, NEAREST, EVENT, SUPPRESSED = range(4)

# Columns of `signals` (int32, one row an integral or leak of a rule's block); SIG_LEAK and SIG_LEAKS: the leaks that age an
# integral; SIG_LEAKING: whether it is a leak itself
SIG_BASE, SIG_N, SIG_STRIDE, SIG_TRACE, SIG_LEAK, SIG_LEAKS, SIG_LEAKING = range(7)

# Columns of `rows` (int32, one row a signal group): where its signals begin, its cells, its columns, and how many of these
# (the first ones) are integrated. What the rules give is ordered by column, then cell; the ring holds the columns of a cell
# side by side, so that a synapse reads one place
ROW_BASE, ROW_N, ROW_STRIDE, ROW_SUMMED = range(4)

# Columns of `noise` (int32): port, cells, first limit, limits, draws, stream
NOISE_PORT, NOISE_N, NOISE_FIRST, NOISE_K, NOISE_DRAWS, NOISE_STREAM = range(6)

NEVER = -(2**30)  # a spike that was never
WORD = 64  # cells in a word of the record of spikes
