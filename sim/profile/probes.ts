/**
 * The tracing programs, as text for bpftrace 0.17 and later. Samples and waiting are watched by two
 * programs in two runs: the tracepoints of waiting cost a tenth of the CPU time, samples next to nothing.
 */

const userDepth = 127; // the kernel's default limit, perf_event_max_stack
const kernelDepth = 40;

export interface TargetOptions {
  readonly pid: number;
  /** Child processes that exist already; later ones are followed from their start. */
  readonly children: readonly number[];
  /** Newer versions have a stack mode for bare addresses; older ones an environment variable. */
  readonly rawMode: boolean;
  /** Seconds after which the program ends itself, whatever happens to us. */
  readonly endAfter: number;
}

const ustack = (options: { rawMode: boolean }): string =>
  options.rawMode ? `ustack(raw, ${userDepth})` : `ustack(${userDepth})`;

/** A dead man's switch only: interval events were seen to come seconds late. */
const deadline = ({ endAfter }: TargetOptions): string =>
  `interval:s:${Math.ceil(endAfter)} { exit(); }`;

const followed = ({ pid, children }: TargetOptions): string =>
  [pid, ...children].map((one) => `@t[${one}] = 1;`).join(" ");

const ending = (maps: readonly string[]): string[] => [
  `END {`,
  ...maps.map((name) => `  clear(${name});`),
  `  printf("DONE %llu\\n", nsecs);`,
  `}`,
];

/**
 * Samples of the process; with `followsChildren` also of its children, by tracepoints that fire only when a
 * process or a thread begins or ends. Nothing else: what is measured must not be slowed down.
 */
export function samplingProgram(
  options: TargetOptions & { readonly hz: number; readonly followsChildren: boolean },
): string {
  const { hz, pid, followsChildren } = options;
  return [
    ...(followsChildren
      ? [
          `BEGIN { ${followed(options)} }`,
          // Fires for new threads and new processes alike; only /proc can tell which.
          `tracepoint:sched:sched_process_fork /@t[pid] == 1/ {`,
          `  @t[args->child_pid] = 1;`,
          `  printf("F %llu %d %d\\n", nsecs, pid, args->child_pid);`,
          `}`,
          `tracepoint:sched:sched_process_exit /@t[pid] == 1/ { if (tid != ${pid}) { delete(@t[tid]); } }`,
        ]
      : []),
    `profile:hz:${hz} {`,
    // READY comes from a tick itself: BEGIN runs before the probes are attached.
    `  if (@first[cpu] == 0) { @first[cpu] = nsecs; printf("READY %llu\\n", nsecs); }`,
    `  if (${followsChildren ? "@t[pid] == 1" : `pid == ${pid}`}) {`,
    `    printf("S %llu %d %d%s|%s\\n", nsecs, pid, tid, ${ustack(options)}, kstack(${kernelDepth}));`,
    `  }`,
    `  @last[cpu] = nsecs; @ticks[cpu] = count();`,
    `}`,
    deadline(options),
    ...ending(followsChildren ? ["@t"] : []),
  ].join("\n");
}

/** Waiting of the process and its children: run queue, off-CPU stacks, system calls, TCP. */
export function waitingProgram(
  options: TargetOptions & {
    /** Threads that exist already, the main thread included. */
    readonly threads: readonly number[];
  },
): string {
  return [
    ...track(options),
    ...scheduler(options),
    ...syscalls,
    ...tcp,
    `interval:ms:50 { if (@ready == 0) { @ready = 1; printf("READY %llu\\n", nsecs); } }`,
    deadline(options),
    ...ending(scratch),
  ].join("\n");
}

const scratch = [
  "@t",
  "@th",
  "@in",
  "@out",
  "@ust",
  "@kst",
  "@st",
  "@pd",
  "@wake",
  "@enter",
  "@call",
  "@sock",
  "@ready",
];

/** `@t`: processes that are followed; `@th`: their threads, as far as they are known. */
function track(options: TargetOptions & { readonly threads: readonly number[] }): string[] {
  const { threads } = options;
  return [
    `BEGIN { ${followed(options)} ${threads.map((tid) => `@th[${tid}] = 1;`).join(" ")} }`,
    `tracepoint:sched:sched_process_fork /@t[pid] == 1/ {`,
    `  @th[args->child_pid] = 1; @t[args->child_pid] = 1;`,
    `  printf("F %llu %d %d\\n", nsecs, pid, args->child_pid);`,
    `}`,
    `tracepoint:sched:sched_process_exit /@t[pid] == 1/ {`,
    `  delete(@th[tid]); if (tid != pid) { delete(@t[tid]); }`,
    `}`,
  ];
}

function scheduler(options: TargetOptions): string[] {
  return [
    `tracepoint:sched:sched_wakeup, tracepoint:sched:sched_wakeup_new /@th[args->pid] == 1/ {`,
    `  @wake[args->pid] = nsecs;`,
    `}`,
    `tracepoint:sched:sched_switch {`,
    `  if (@t[pid] == 1) {`,
    `    @th[tid] = 1;`,
    `    if (@in[tid] != 0) { @oncpu[pid] = sum(nsecs - @in[tid]); delete(@in[tid]); }`,
    `    @out[tid] = nsecs; @pd[tid] = pid; @st[tid] = args->prev_state & 0xff; delete(@wake[tid]);`,
    `    if (@st[tid] != 0) { @ust[tid] = ${ustack(options)}; @kst[tid] = kstack(${kernelDepth}); }`,
    `  }`,
    `  $next = args->next_pid;`,
    `  if (@th[$next] == 1) {`,
    `    @in[$next] = nsecs;`,
    `    $out = @out[$next];`,
    `    if ($out != 0) {`,
    `      $ready = @st[$next] == 0 ? $out : @wake[$next];`,
    `      if ($ready < $out) { $ready = nsecs; }`,
    `      @runq = hist((nsecs - $ready) / 1000);`,
    `      @runqtime[$next] = stats(nsecs - $ready);`,
    `      if (@st[$next] != 0) { @off[@pd[$next], $next, @ust[$next], @kst[$next]] = sum($ready - $out); }`,
    `      delete(@out[$next]);`,
    `    }`,
    `  }`,
    `}`,
  ];
}

const syscalls = [
  `tracepoint:raw_syscalls:sys_enter /@t[pid] == 1/ { @enter[tid] = nsecs; @call[tid] = args->id; }`,
  `tracepoint:raw_syscalls:sys_exit /@enter[tid] != 0/ {`,
  `  @sys[@call[tid]] = stats(nsecs - @enter[tid]); delete(@enter[tid]);`,
  `}`,
];

// Packets are handled in whatever context the interrupt hit: sockets are known by their address.
const tcp = [
  `tracepoint:sock:sock_send_length /@t[pid] == 1/ {`,
  `  @sock[(uint64)args->sk] = 1; if (args->ret > 0) { @sent = stats(args->ret); }`,
  `}`,
  `tracepoint:sock:sock_recv_length /@t[pid] == 1/ {`,
  `  @sock[(uint64)args->sk] = 1; if (args->ret > 0) { @received = stats(args->ret); }`,
  `}`,
  `tracepoint:sock:inet_sock_set_state {`,
  `  if (@t[pid] == 1 && args->newstate == 2) { @sock[(uint64)args->skaddr] = 1; }`,
  `  if (@sock[(uint64)args->skaddr] == 1) { @tcpstate[args->oldstate, args->newstate] = count(); }`,
  `}`,
  `tracepoint:tcp:tcp_retransmit_skb /@sock[(uint64)args->skaddr] == 1/ { @retransmits = count(); }`,
  `tracepoint:tcp:tcp_probe /@sock[(uint64)args->skaddr] == 1/ { @srtt = stats(args->srtt); }`,
];
