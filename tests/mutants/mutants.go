package main

// A mutant is the source with one protection removed, and the test that must go red for it.
type mutant struct {
	protection string
	file       string
	old, new   string // the only place where old stands becomes new
	pkg, test  string // package and -run expression
}

var mutants = []mutant{
	{
		"the second stage ends code that no hook reaches", "panicguard/signals.c",
		"	if (mail & 1)\n		land_from_handler(t, trap, &uc->uc_sigmask);\n", "",
		"./panicguard", "TestTraps/spin_without_safe_points",
	},
	{
		"the first stage asks before the second jumps", "panicguard/signals.c",
		"	if (a->call->interrupt)\n		a->call->interrupt(a->call->vm);\n", "",
		"./panicguard", "TestDeadlineIsAskedForFirst",
	},
	{
		"the second stage waits until the first was delivered", "panicguard/signals.c",
		"	if (mail & 1)\n", "	if (mail != 0)\n",
		"./panicguard", "TestDeadlineIsAskedForFirst",
	},
	{
		"a jump comes only when the thread has run since it was asked to end by itself", "panicguard/watchdog.c",
		"	return atomic_load(&t->mail) == 0 && pg_clock(t->cpu_clock) - t->stage_cpu >= CHANCE_NS;\n", "	return atomic_load(&t->mail) == 0;\n",
		"./luavm", "TestLoopsEndAtTheirLine",
	},
	{
		"a handler that jumps restores the signal mask", "panicguard/signals.c",
		"	pthread_sigmask(SIG_SETMASK, mask, NULL);\n	pg_land", "	(void)mask;\n	pg_land",
		"./panicguard", "TestTraps",
	},
	{
		"a trap noted in host code strikes when it returns", "panicguard/activation.c",
		"	if (a->pending == PG_NONE)\n		return;\n", "	return;\n",
		"./panicguard", "TestTraps/deadline_during_a_host_call",
	},
	{
		"no handler jumps out of host code", "panicguard/signals.c",
		"	if (!t->in_vm)\n		return; /* pg_host_leave acts on it */\n", "",
		"./panicguard", "TestDeadlineIsAskedForFirst",
	},
	{
		"signals from outside are ignored", "panicguard/signals.c",
		"	if (mail == 0 || !a || mail >> 4 != a->sequence)\n		return; /* somebody else sent the signal */\n", "",
		"./panicguard", "TestSignalsFromOutsideAreIgnored",
	},
	{
		"faults of VM code are traps", "panicguard/signals.c",
		"if (t->in_vm && t->top && raised)", "if (0 && t->in_vm && t->top && raised)",
		"./panicguard", "TestTraps/SIGSEGV",
	},
	{
		"faults of Go code are forwarded", "panicguard/signals.c",
		"		if (fault_signals[i] != signal)\n			continue;\n", "		continue;\n",
		"./panicguard", "TestGoFaultsAreForwarded",
	},
	{
		"an abort is a fault", "panicguard/signals.c",
		" || (signal == SIGABRT && aborted)", " || (0 && aborted)",
		"./panicguard", "TestTraps/SIGABRT",
	},
	{
		"handlers run on the signal stack", "panicguard/signals.c",
		".sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESTART", ".sa_flags = SA_SIGINFO | SA_RESTART",
		"./panicguard", "TestTraps/C_stack_overflow",
	},
	{
		"a fault in the interrupt is a trap", "panicguard/signals.c",
		"	for (size_t i = 0; i < FAULTS; i++)\n		sigdelset(&action.sa_mask, fault_signals[i]);\n", "",
		"./panicguard", "TestTraps/fault_in_the_interrupt",
	},
	{
		"an inner activation ends with the outer one's budget", "panicguard/activation.c",
		"		if (outer_due < wall_due)\n			wall_due = outer_due;\n", "",
		"./panicguard", "TestTraps/nested",
	},
	{
		"cancellation reaches a run that has begun", "panicguard/activation.c",
		"			atomic_store(&t->cancel, call->id);", "			(void)t;",
		"./panicguard", "TestCancel",
	},
	{
		"cancellation reaches a run that has not begun", "panicguard/activation.c",
		"	if (atomic_load(&a->call->canceled))\n", "	if (0)\n",
		"./panicguard", "TestCancel",
	},
	{
		"the CPU budget ends a run", "panicguard/watchdog.c",
		"		if (left <= 0)\n			return PG_DEADLINE;\n", "",
		"./panicguard", "TestCPUBudget",
	},
	{
		"an ending activation waits out the delivery", "panicguard/activation.c",
		"	while (atomic_load(&t->mail) != 0)\n		sched_yield();\n", "",
		"./panicguard", "TestLateInterruptIsAwaited",
	},
	{
		"an activation lands where it began", "panicguard/activation.c",
		"	t->top = a.outer;\n", "",
		"./panicguard", "TestTraps/nested_fault",
	},
	{
		"host code that is in Go is not jumped out of", "panicguard/signals.c",
		"	if (!t->in_vm)\n		return; /* pg_host_leave acts on it */\n", "",
		"./panicguard", "TestTrapsWaitForGo",
	},
	{
		"errno is kept under code that is interrupted", "panicguard/signals.c",
		"	errno = err;\n", "	(void)err;\n",
		"./panicguard", "TestSoakInterrupts",
	},
	{
		"faults of C host code are forwarded", "panicguard/signals.c",
		"if (t->in_vm && t->top && raised)", "if (t->top && raised)",
		"./panicguard", "TestOtherFaultsEndTheProcess/SIGSEGV_in_host_code",
	},
	{
		"signals that a process sends are no faults", "panicguard/signals.c",
		"info->si_code > 0 || ", "info->si_code > -100 || ",
		"./panicguard", "TestSignalsSentAreForwarded",
	},
	{
		"a foreign thread has a signal stack", "panicguard/thread.c",
		"	sigaltstack(&ours, NULL);\n", "	(void)ours;\n",
		"./panicguard", "TestForeignThreads",
	},
	{
		"a signal stack ends with its thread", "panicguard/thread.c",
		"	release_signal_stack(t);\n", "	(void)release_signal_stack;\n",
		"./panicguard", "TestSignalStacksEndWithTheirThreads",
	},
	{
		"a thread hears the guard's signals", "panicguard/thread.c",
		"	unblock_signals();\n", "	(void)unblock_signals;\n",
		"./panicguard", "TestForeignThreads",
	},
	{
		"a record leaves the registry with its thread", "panicguard/thread.c",
		"			*link = t->next;\n", "			(void)link;\n",
		"./panicguard", "TestThreadsThatEnd",
	},
	{
		"a first activation needs no descriptor", "panicguard/thread.c",
		"static __attribute__((constructor)) void", "static __attribute__((unused)) void",
		"./panicguard", "TestNoDescriptors",
	},
	{
		"the watchdog sleeps when nothing runs", "panicguard/watchdog.c",
		"		if (now - last_busy < LINGER_NS)\n", "",
		"./panicguard", "TestWatchdogSleepsWhenIdle",
	},
	{
		"the image is copied back", "panicguard/arena.c",
		"	memcpy(a->base, a->image, a->image_size);\n}\n", "}\n",
		"./panicguard", "TestArenaRestore",
	},
	{
		"what lies above the image is cleared", "panicguard/arena.c",
		"	memset(dirty, 0, n);\n", "",
		"./panicguard", "TestArenaRestore",
	},
	{
		"freed memory serves other sizes", "panicguard/arena.c",
		"	if (h->touching)\n		sweep(a);\n", "",
		"./panicguard", "TestArenaJoinsNeighbours",
	},
	{
		"memory that is freed on top joins what is free below", "panicguard/arena.c",
		"	h->touching |= (h->small_map | h->large_map) != 0;\n	if (p + size == h->bump) {\n		h->bump = p;\n		return;\n	}\n",
		"	if (p + size == h->bump) {\n		h->bump = p;\n		return;\n	}\n	h->touching = true;\n",
		"./panicguard", "TestArenaJoinsWhatIsFreedOnTop",
	},
	{
		"no request is refused before all free blocks were tried", "panicguard/arena.c",
		"	p = take_free(h, size, SIZE_MAX);\n", "	p = take_free(h, size, LARGE_PROBES);\n",
		"./panicguard", "TestArenaFindsTheOneThatFits",
	},
	{
		"the interrupt finds the coroutine that runs", "luavm/coroutine.c",
		"	slot->running = co;\n", "",
		"./luavm", "TestCorpus/loops/coroutine$",
	},
	{
		"a memory error that a script raises is no trap", "luavm/slot.c",
		"status == LUA_ERRMEM && pg_arena_exhausted(slot->arena)", "status == LUA_ERRMEM",
		"./luavm", "TestCorpus/memory/pretended$",
	},
	{
		"bytecode is refused by load", "luavm/sandbox.c",
		"	lua_pushliteral(L, \"t\");\n	lua_replace(L, 3);\n", "",
		"./luavm", "TestScriptAPI/sandbox",
	},
	{
		"bytecode is refused as source", "luavm/slot.c",
		"what->name, \"t\")", "what->name, \"bt\")",
		"./luavm", "TestLoadFailures/bytecode",
	},
	{
		"__gc is refused", "luavm/sandbox.c",
		"	wrap_global(L, \"setmetatable\", setmetatable_without_gc);\n", "	(void)setmetatable_without_gc;\n",
		"./luavm", "TestScriptAPI/sandbox",
	},
	{
		"string.byte reads no byte behind a string", "luavm/sandbox.c",
		" || (lua_Unsigned)at > size", "",
		"./luavm", "TestScriptAPI/bytes_of_strings",
	},
	{
		"an iterator of gmatch cannot overflow the stack", "luavm/sandbox.c",
		"	luaL_argcheck(L, size <= GMATCH_PATTERN, 2, \"pattern too long for gmatch\");\n", "",
		"./luavm", "TestCorpus/stack/gmatch_after_failure",
	},
	{
		"the string metatable is locked", "luavm/sandbox.c",
		"	lua_pushboolean(L, 0);\n	lua_setfield(L, -2, \"__metatable\");\n", "",
		"./luavm", "TestScriptAPI/sandbox",
	},
	{
		"random numbers differ between runs", "luavm/random.c",
		"	if (!slot->seeded && slot->method) {", "	if (0 && !slot->seeded && slot->method) {",
		"./luavm", "TestRandomDiffersBetweenRuns",
	},
	{
		"a run does not go on with another one's random stream", "luavm/slot.go",
		"	s.inv, s.kept, s.lastErr, s.random = nil, nil, nil, nil\n", "	s.inv, s.kept, s.lastErr = nil, nil, nil\n",
		"./luavm", "TestSeedOfARun",
	},
	{
		"there is no object while a class is loaded", "luavm/objclass.c",
		"	if (slot->phase == LV_LOADING)\n", "	if (0)\n",
		"./luavm", "TestLoadFailures/operation",
	},
	{
		"a read-only method is refused every write", "luavm/slot.c",
		"	slot->flags &= (int)lua_tointeger(L, -1);\n", "",
		"./luavm", "TestReadOnlyMethodsAreRefusedWrites",
	},
	{
		"return values are not cut to 32 bits", "luavm/slot.c",
		"	if (ret < INT32_MIN || ret > INT32_MAX)\n", "	if (0)\n",
		"./luavm", "TestReturnValues",
	},
	{
		"a Go panic in a host call is recovered", "luavm/host.go",
		"if p := recover(); p != nil {", "if p := any(nil); p != nil {",
		"./luavm", "TestPanicInHostCall",
	},
	{
		"a slot is destroyed after the trap host", "luavm/engine.go",
		"	case panicguard.Host:\n		e.destroy(s)\n", "",
		"./luavm", "TestPanicInHostCall",
	},
	{
		"slots are bounded", "luavm/engine.go",
		"e.lru.Len()+e.busy > e.opts.Slots || ", "",
		"./luavm", "TestSlotsAreBounded",
	},
	{
		"output is bounded", "luavm/slot.c",
		"	if (r->output_size > slot->method->output_max) {", "	if (0) {",
		"./luavm", "TestInputAndOutput",
	},
	{
		"scripts have no closing values", "luavm/metamethods.c",
		"	rename_metamethod(L, \"__close\", secret);\n", "",
		"./luavm", "TestScriptAPI/closing",
	},
	{
		"scripts have no weak tables", "luavm/metamethods.c",
		"	rename_metamethod(L, \"__mode\", ~secret);\n", "",
		"./luavm", "TestScriptAPI/weak_tables",
	},
	{
		"a metamethod of .. runs on a stack of its own", "luavm/concat.c",
		"	slot->concatenating = true;\n", "	__real_luaT_tryconcatTM(L);\n	return;\n",
		"./luavm", "TestScriptAPI/concatenation",
	},
	{
		"the collector leaves the stack that .. works on", "luavm/concat.c",
		"	if (!lv_slot_of(L)->concatenating)\n", "",
		"./luavm", "TestScriptAPI/concatenation",
	},
	{
		"coroutines have no message handlers", "luavm/sandbox.c",
		"	replace_global(L, \"xpcall\", lv_xpcall);\n", "",
		"./luavm", "TestScriptAPI/xpcall",
	},
	{
		"values have no addresses", "luavm/sandbox.c",
		"	replace_global(L, \"tostring\", lv_tostring);\n", "",
		"./luavm", "TestScriptAPI/addresses",
	},
	{
		"an operation that gives up ends the call", "luavm/objclass.c",
		"	case LV_HOST_OVERDUE:\n		trap(L, PG_DEADLINE);\n", "	case LV_HOST_OVERDUE:\n		return -ETIMEDOUT;\n",
		"./luavm", "TestOperationsThatGiveUp",
	},
	{
		"reads are bounded by the arena", "luavm/host.go",
		"n > room", "n < 0",
		"./luavm", "TestReadsAreBoundedByTheArena",
	},
	{
		"a call that commits is not killed", "objclass/lifetime.go",
		"case state == callEnded, state == CallCommitting && !l.killed.Load():", "case state == callEnded:",
		"./objclass", "TestKillOfACommitIsTooLate",
	},
	{
		"a killed call does not commit", "objclass/objects.go",
		"		if err := ctx.Err(); err != nil {\n			return 0, waitEnded(err, \"the commit\")\n		}\n", "",
		"./objclass", "TestKillIsNotOverlooked",
	},
	{
		"a killed call that only read does not succeed", "objclass/lifetime.go",
		"	if killed {\n", "	if killed && false {\n",
		"./objclass", "TestKillIsNotOverlooked",
	},
	{
		"a run is not canceled after its end", "objclass/watch.go",
		"		w.life.onEnd = nil\n", "",
		"./objclass", "TestWatchStops",
	},
	{
		"a client's end reaches a run that begins in the same moment", "objclass/watch.go",
		"	if c.Err() != nil {\n", "	if false {\n",
		"./objclass", "TestWatchStops",
	},
	{
		"a slot runs its own unit only", "luavm/engine.go",
		"return slotKey{u.Name, u.Version}", "return slotKey{version: u.Version}",
		"./luavm", "TestOneSourceAsScriptAndClasses",
	},
	{
		"images are bounded", "luavm/slot.go",
		"err == nil && s.imageSize() > maxImage", "false",
		"./luavm", "TestImagesAreBounded",
	},
	{
		"what idle VMs hold is bounded", "luavm/engine.go",
		" || e.held > e.opts.Memory)", ")",
		"./luavm", "TestImagesAreBounded",
	},
	{
		"what a run logs is bounded", "luavm/objclass.c",
		"	if (slot->logged < LOG_MESSAGES) {", "	if (1) {",
		"./luavm", "TestLogIsBounded",
	},
	{
		"values joined to an operation error have no addresses", "luavm/operror.c",
		"	lv_tolstring(L, 2, NULL);\n", "	luaL_tolstring(L, 2, NULL);\n",
		"./luavm", "TestCorpus/escapes/addresses$",
	},
	{
		"host code has room on the C stack", "luavm/objclass.c",
		"	if (pg_stack_headroom() < PG_HOST_STACK)\n", "	if (0)\n",
		"./luavm", "TestNoHostCallWithoutStack",
	},
	{
		"after a fault no VM is used again", "luavm/engine.go",
		"		e.distrust()\n		e.destroy(s)\n", "		e.destroy(s)\n",
		"./luavm", "TestFaultDestroysAllSlots",
	},
	{
		"a VM is its image again after every call", "luavm/slot.c",
		"	r->output = slot->small_output;\n	lv_restore(slot);\n", "	r->output = slot->small_output;\n",
		"./luavm", "TestSoakHammer",
	},
	{
		"after a fault a running VM is not used again", "luavm/engine.go",
		"	if s.epoch != e.epoch {", "	if false {",
		"./luavm", "TestFaultMakesAllVMsAnew",
	},
	{
		"a fault while a class is loaded costs all VMs", "luavm/engine.go",
		"	if err != nil && objclass.OpError(err).Kind == objclass.TrapFault {\n", "	if false {\n",
		"./luavm", "TestFaultWhileLoading",
	},
	{
		"room for a VM is made before it", "luavm/engine.go",
		"	surplus := e.dropSurplus()\n	e.mu.Unlock()\n	freeAll(surplus)\n	s, err", "	e.mu.Unlock()\n	s, err",
		"./luavm", "TestSlotsRandom",
	},
	{
		"the bitmap of a used arena is given back", "panicguard/arena.c",
		"		give_back(scratch + ", "		if (0) give_back(scratch + ",
		"./panicguard", "TestArenaGivesMemoryBack",
	},
	{
		"VMs do not keep the sources of scripts", "luavm/slot.go",
		"	s.unit.Source = nil\n", "",
		"./luavm", "TestEngineIsBounded/long_sources",
	},
	{
		"listings are bounded by the arena", "luavm/slot.go",
		"		inv.Object.BoundListings(s.memory())\n", "",
		"./luavm", "TestListingsAreBoundedByTheArena",
	},
	{
		"a run has the memory of its budget", "panicguard/arena.c",
		"	return live <= a->limit && more <= a->limit - live;\n", "	return (void)live, (void)more, true;\n",
		"./luavm", "TestMemoryBudget",
	},
	{
		"a listing stays within what was granted", "objclass/capabilities.go",
		"c == nil || c.Omap.grant(prefix)", "true",
		"./objclass", "TestEveryCapability",
	},
	{
		"a range stays within what was granted", "objclass/capabilities.go",
		"!r.Open && r.End <= end", "end != \"\"",
		"./objclass", "TestGrantedRangesHoldGrantedKeysOnly",
	},
	{
		"a write creates no object without the capability", "objclass/object.go",
		"		return o.caps.create()\n", "		return nil\n",
		"./objclass", "TestEveryCapability",
	},
	{
		"a caller raises no budget of a manifest", "objclass/manifest.go",
		"		return min(value, limit)\n", "		return value\n",
		"./objclass", "TestManifestBudgets",
	},
	{
		"a module registers nothing", "luavm/require.c",
		"	lua_setfield(L, -2, \"register\");\n", "	lua_pop(L, 1);\n",
		"./luavm", "TestRequire/registers_nothing",
	},
	{
		"a module that is absent is named", "luavm/require.go",
		"	if s.missing == nil {\n", "	if true {\n",
		"./luavm", "TestRequireFailures/absent_in_pcall",
	},
	{
		"methods load no modules", "luavm/require.c",
		"	if (slot->phase != LV_LOADING)\n", "	if (0)\n",
		"./luavm", "TestRequireInMethods",
	},
	{
		"a version is made of what it requires, too", "objclass/version.go",
		"len(requires) > 0", "false",
		"./objclass", "TestRequireIsPinned",
	},
	{
		"sources of modules are held against their versions", "objclass/require.go",
		"versionOf(source, v.record.Requires...) != version", "false",
		"./objclass", "TestRequiredVersionIsGone",
	},
	{
		"no class requires itself", "objclass/require.go",
		"q.Class == a.class", "false",
		"./objclass", "TestRequireRefuses",
	},
	{
		"long operations look at their context", "store/steps.go",
		"	return s.ctx.Err()\n", "	return nil\n",
		"./store", "TestLongOperationsEndWithTheirContext",
	},
	{
		"a change that was ended half-way is not committed", "objclass/objects.go",
		"cmp.Or(fn(overlay), overlay.Err())", "cmp.Or(fn(overlay))",
		"./objclass", "TestHalfMadeChangesAreNotCommitted",
	},
	{
		"the sources of classes in memory are bounded", "objclass/sources.go",
		"	for s.size > s.limit && len(s.kept) > 1 {\n", "	for false {\n",
		"./objclass", "TestSourcesAreBounded",
	},
	{
		"the labels of metrics are bounded", "server/metrics/metrics.go",
		"	if len(old) >= maxMethods {\n", "	if false {\n",
		"./server/metrics", "TestMetricsAreBounded",
	},
	{
		"lazy binding is refused", "panicguard/init.c",
		"	if (!bound_at_start())\n", "	if (0 && !bound_at_start())\n",
		"./panicguard", "TestLazyBindingIsRefused",
	},
	{
		"long runs go to threads that give way", "luavm/engine.go",
		"	if !inv.Long {", "	if true {",
		"./luavm", "TestLongRunsGoToTheBackground",
	},
	{
		"a method that turns long makes room", "objclass/executions.go",
		"if !e.long && ran >= longRun {", "if false {",
		"./objclass", "TestMethodsThatTurnLongMakeRoom",
	},
	{
		"long methods of one class leave others their turn", "objclass/shares.go",
		"	t.order.MoveToBack(t.groups[e.group].place)\n", "",
		"./objclass", "TestGroupsOfLongMethodsTakeTurns",
	},
	{
		"long methods leave a core while short ones come", "objclass/executions.go",
		"		room--\n", "",
		"./objclass", "TestLongOnesLeaveRoomWhileShortOnesCome",
	},
	{
		"a method whose snapshot was overtaken does not get away with it", "objclass/objects.go",
		"errors.Is(closed, store.ErrConflict) && (", "false && (",
		"./objclass", "TestOvertakenReadRunsTheMethodAgain",
	},
	{
		"a commit to RADOS asserts the version", "store/radosstore/commit.go",
		"return C.rs_assert_version(c, C.uint64_t(version))", "return 0",
		"./store/radosstore", "TestConformance/Conflict",
	},
	{
		"later reads of a RADOS snapshot assert the version", "store/radosstore/snapshot.go",
		"return C.rs_assert_version(c, C.uint64_t(p.version))", "return 0",
		"./store/radosstore", "TestOvertaken",
	},
	{
		"versions of RADOS name the pool", "store/radosstore/version.go",
		"uint64(pool)<<versionBits | version, nil", "version, nil",
		"./store/radosstore", "TestConformance/PoolRemoved",
	},
	{
		"closing waits for RADOS", "store/radosstore/store.go",
		"	s.underWay.Wait()\n", "",
		"./store/radosstore", "TestCloseWaits",
	},
	{
		"a coroutine that waits is not touched", "luavm/coroutine.c",
		"	if (strcmp(state, \"suspended\") != 0) {", "	if (0) {",
		"./luavm", "TestCorpus/escapes/resume_of_the_waiting$",
	},
	{
		"no finaliser runs in a script", "luavm/metamethods.c",
		"	lua_setfield(L, -2, \"__gc\");\n", "	lua_pop(L, 1);\n",
		"./luavm", "TestCorpus/escapes/buffers_in_concat$",
	},
	{
		"one group does not hold all places", "objclass/executions.go",
		"	return ofGroup < x.maxTurned/2 && ", "	return ",
		"./objclass", "TestOneGroupLeavesOthersRoom",
	},
	{
		"one tenant does not hold all places", "objclass/executions.go",
		" && ofTenant < x.maxTurned*3/4\n", "\n",
		"./objclass", "TestOneTenantLeavesOthersRoom",
	},
	{
		"that tenant is next of whom the fewest methods run", "objclass/shares.go",
		"		if n >= least {\n", "		if next != nil {\n",
		"./objclass", "TestTheTenantWithTheFewestIsNext",
	},
	{
		"a pipeline's execution is for short methods", "objclass/batch.go",
		"!e.pace.short() || ", "",
		"./objclass", "TestBatchKeepsItsExecution",
	},
	{
		"a pipeline's execution is given back in time", "objclass/batch.go",
		"now.Sub(kept.began) >= longestKeep {", "false {",
		"./objclass", "TestBatchKeepsItsExecution",
	},
	{
		"a head that changes is not remembered", "store/pebblestore/heads.go",
		"(seen == nil || !seen.changing) && ", "",
		"./store/pebblestore", "TestHeadsThatChangeAreRead",
	},
	{
		"a script takes a permission of its own", "server/access/allowed.go",
		"	case u.Caps.cover(op, op.Need) &&", "	case u.Caps.cover(op, op.Need|Exec) &&",
		"./server/access", "TestWhatCapabilitiesGrant",
	},
	{
		"what needs two permissions takes both", "server/access/allowed.go",
		"(op.And == 0 || ", "(true || ",
		"./server/access", "TestWhatCapabilitiesGrant",
	},
	{
		"a client that has not logged in may do nothing", "server/access/allowed.go",
		"		return ErrNoLogin\n", "		return nil\n",
		"./server", "TestAuth$",
	},
	{
		"a Go panic on a thread of low priority is its caller's", "luavm/background.go",
		"panicked <- recover()", "panicked <- nil",
		"./luavm", "TestPanicInTheBackground",
	},
	{
		"a dry run commits nothing", "objclass/service.go",
		"\tif x.call.DryRun {\n\t\treturn x.dryRun()\n\t}\n", "",
		"./objclass", "TestDryRunTellsWhatIsCommitted",
	},
	{
		"a dry run tells what is cut off", "store/effects.go",
		"\tif change.Keep < size {\n\t\te.add(Effect{Op: OpTruncate, Size: change.Keep})\n\t}\n", "",
		"./store", "TestEffectsRandom",
	},
	{
		"effects that are left out are told of", "store/effects.go",
		"\t\te.Truncated = true\n\t\te.cost = effectBytes // what", "\t\te.cost = effectBytes // what",
		"./store", "TestEffectsAreBounded",
	},
	{
		"a call with a stored reply does not run", "objclass/idempotency.go",
		"); reply != nil {", "); reply != nil && false {",
		"./objclass", "TestRepeatedCallHasOneEffect",
	},
	{
		"a reply is stored with the effects", "objclass/idempotency.go",
		"return overlay.SetReplies(stored)", "return nil",
		"./objclass", "TestConcurrentRepeatsHaveOneEffect",
	},
	{
		"an idempotency key is one call's", "objclass/idempotency.go",
		"if reply.request != request {", "if false {",
		"./objclass", "TestRepeatedCallHasOneEffect",
	},
	{
		"no reply goes with its object", "objclass/idempotency.go",
		"if !overlay.Exists() {", "if false {",
		"./objclass", "TestRepliesThatAreNotStored",
	},
	{
		"methods do not see stored replies", "store/reserved.go",
		"return kv.Key == RepliesXattr", "return false",
		"./objclass", "TestRepliesStay",
	},
	{
		"a caller's own timeout quarantines nothing", "objclass/quarantine.go",
		"return x.budget.Wall >= own.Wall", "return own.Wall > 0",
		"./objclass", "TestQuarantineCountsNoOthers",
	},
	{
		"one call tries a quarantined version", "objclass/quarantine.go",
		"case b.Trial || time.Now()", "case time.Now()",
		"./objclass", "TestQuarantineHasOneTrial",
	},
	{
		"each trial that traps lengthens the quarantine", "objclass/quarantine.go",
		"min(2*b.cooldown,", "min(b.cooldown,",
		"./objclass", "TestQuarantine$",
	},
}
