# The structs of call.pxi, filled from the objects of fastbp/model/training_plan.py.
#
# Needs: array_views.pxi, boundary.pyx, call.pxi, kernels.pxd.
# Gives: take_plan, take_state.

cdef const double *take_numbers_of(plan_array, Py_ssize_t n, list views) except? NULL:
    """The n float64 numbers of a plan's array, or NULL; appends the view that holds them."""
    cdef View view
    if plan_array is None:
        return NULL
    view = View(plan_array, b"d", 1)
    view.dense(n)
    views.append(view)
    return <const double *> view.data


cdef int take_plan(Program program, Plan *to, plan, list views) except -1:
    """The struct of a TrainingPlan, field by field; appends the views that hold its arrays."""
    cdef Py_ssize_t rule = RULE_IDS[plan.rule], count = plan.count
    program.storage.require(plan.numbers.keys() == RULE_NUMBERS[rule])
    to.mode = TRAIN
    to.rule = <RuleId> rule
    to.numbers = NO_NUMBERS | plan.numbers
    to.clip_value, to.clip_norm = plan.clip_value, plan.clip_norm
    to.l1, to.l2, to.batch_l2 = plan.l1, plan.l2, plan.batch_l2
    to.ema, to.averaged_from = plan.ema, plan.averaged_from
    to.n_memories = n_memories(to.rule) + (to.ema > 0)
    to.layer_factors = take_numbers_of(plan.layer_factors, 2 * program.L, views)
    to.weight_decay = take_numbers_of(plan.weight_decay, program.L, views)
    to.n_factors = 0 if plan.factors is None else len(plan.factors)
    to.first_step = plan.first_step
    to.factors = take_numbers_of(plan.factors, to.n_factors, views)
    to.batch_size = plan.batch_size
    to.learns_biases = plan.learns_biases
    to.shuffle, to.continues_order = plan.shuffle, plan.continues_order
    to.check = plan.check
    to.count = <CountId> count
    to.counts_epochs = plan.counts_epochs
    to.clip, to.tol, to.patience = plan.clip, plan.tol, plan.patience
    to.loss_by_batches, to.loss_factor = plan.loss_by_batches, plan.loss_factor
    to.fast_paths = plan.fast_paths
    to.normalizes = plan.normalizes
    to.dropout_key = plan.dropout_key
    program.storage.require(0 <= to.ema < 1 and to.batch_size > 0 and 0 <= count <= COUNT_EVERY
                            and 0 <= to.clip < 0.5)
    return 0


cdef int take_state(Program program, State *to, int n_memories, memories, counters,
                    list views) except -1:
    """A state's arrays, so many memories; appends the views that hold them."""
    cdef View view = View(counters, b"lq", 1, True)
    cdef int i = 0
    views.append(view)
    view.require(view.rows() >= 2 and len(memories) == n_memories)
    to.counters = <int64_t *> view.data
    for memory in memories:
        view = View(memory, program.kind, 1, True)
        view.dense(program.storage.rows())
        to.memories[i] = view.data
        views.append(view)
        i += 1
    return 0
