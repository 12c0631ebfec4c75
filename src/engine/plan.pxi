# The structs of call.pxi, filled from the objects of fastbp/model/training_plan.py.
#
# Needs: array_views.pxi, boundary.pyx, call.pxi, kernels.pxd.
# Gives: take_plan, take_state.

cdef int take_plan(Program program, Plan *to, plan) except -1:
    """The struct of a TrainingPlan, field by field."""
    cdef Py_ssize_t rule = RULE_IDS[plan.rule], count = plan.count
    program.storage.require(plan.numbers.keys() == RULE_NUMBERS[rule])
    to.mode = TRAIN
    to.rule = <RuleId> rule
    to.numbers = NO_NUMBERS | plan.numbers
    to.l2 = plan.l2
    to.batch_size = plan.batch_size
    to.learns_biases = plan.learns_biases
    to.shuffle = plan.shuffle
    to.check = plan.check
    to.count = <CountId> count
    to.counts_epochs = plan.counts_epochs
    to.fast_paths = plan.fast_paths
    to.dropout_key = plan.dropout_key
    program.storage.require(to.batch_size > 0 and 0 <= count <= COUNT_EVERY)
    return 0


cdef int take_state(Program program, State *to, RuleId rule, memories, counters,
                    list views) except -1:
    """A state's arrays, as many memories as the rule has; appends the views that hold them."""
    cdef View view = View(counters, b"lq", 1, True)
    cdef int i = 0
    views.append(view)
    view.require(view.rows() >= 2 and len(memories) == n_memories(rule))
    to.counters = <int64_t *> view.data
    for memory in memories:
        view = View(memory, program.kind, 1, True)
        view.dense(program.storage.rows())
        to.memories[i] = view.data
        views.append(view)
        i += 1
    return 0
