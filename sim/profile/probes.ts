/**
 * The tracing programs, as text for bpftrace 0.17 and later. The CPU sampler alone needs no
 * tracepoint; with tracepoints it also follows children, counts ticks that the kernel left out, and
 * sees waiting: run queue, off-CPU stacks, system calls, TCP.
 */

const userDepth = 127; // the kernel's default limit, perf_event_max_stack
const kernelDepth = 40;

export interface ProbeOptions {
  readonly pid: number;
  readonly hz: number;
  /** Threads that exist already, the main thread included. */
  readonly threads: readonly number[];
  /** Tracepoints can be attached to. */
  readonly tracepoints: boolean;
  /** Newer versions have a stack mode for bare addresses; older ones an environment variable. */
  readonly rawMode: boolean;
  /** Seconds after which the program ends itself, whatever happens to us. */
  readonly endAfter: number;
}

const ustack = (options: { rawMode: boolean }): string =>
  options.rawMode ? `ustack(raw, ${userDepth})` : `ustack(${userDepth})`;

/** Samples, and with tracepoints everything else that a profile shows. */
export function profileProgram(options: ProbeOptions): string {
  const { hz, pid, tracepoints, endAfter } = options;
  const isTarget = tracepoints ? "@t[pid] == 1" : `pid == ${pid}`;
  const lines = [
    ...(tracepoints ? track(options) : []),
    `profile:hz:${hz} {`,
    // READY comes from a tick itself: BEGIN runs before the probes are attached.
    `  if (@first[cpu] == 0) { @first[cpu] = nsecs; printf("READY %llu\\n", nsecs); }`,
    `  if (${isTarget}) {`,
    `    printf("S %llu %d %d%s|%s\\n", nsecs, pid, tid, ${ustack(options)}, kstack(${kernelDepth}));`,
    ...(tracepoints ? missedAtTick(hz) : []),
    `  }`,
    `  @last[cpu] = nsecs; @ticks[cpu] = count();`,
    `}`,
    ...(tracepoints ? [...scheduler(options, hz), ...syscalls, ...tcp] : []),
    // A dead man's switch only: interval events were seen to come seconds late.
    `interval:s:${Math.ceil(endAfter)} { exit(); }`,
    `END {`,
    ...scratch(tracepoints).map((name) => `  clear(${name});`),
    `  printf("DONE %llu\\n", nsecs);`,
    `}`,
  ];
  return lines.join("\n");
}

const scratch = (tracepoints: boolean): string[] =>
  tracepoints
    ? [
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
      ]
    : [];

/** `@t`: processes that are followed; `@th`: their threads, as far as they are known. */
function track({ pid, threads }: ProbeOptions): string[] {
  return [
    `BEGIN { @t[${pid}] = 1; ${threads.map((tid) => `@th[${tid}] = 1;`).join(" ")} }`,
    // Fires for new threads and new processes alike; only /proc can tell which.
    `tracepoint:sched:sched_process_fork /@t[pid] == 1/ {`,
    `  @th[args->child_pid] = 1; @t[args->child_pid] = 1;`,
    `  printf("F %llu %d %d\\n", nsecs, pid, args->child_pid);`,
    `}`,
    `tracepoint:sched:sched_process_exit /@t[pid] == 1/ {`,
    `  delete(@th[tid]); if (tid != pid) { delete(@t[tid]); }`,
    `}`,
  ];
}

/**
 * Ticks lie on a grid per CPU. A virtual machine was seen to leave out ticks of idle CPUs, and of CPUs
 * that have just left idle: grid points that passed while the target ran, without a tick, are told
 * as `M`, and its time on a CPU that has not ticked at all yet as `B`.
 */
const missedAtTick = (hz: number): string[] => {
  const period = Math.round(1e9 / hz);
  return [
    `    $from = @in[tid];`,
    `    if (@last[cpu] == 0) {`,
    `      if ($from != 0) { printf("B %llu %llu\\n", nsecs, nsecs - $from); }`,
    `    } else {`,
    `      if ($from < @last[cpu]) { $from = @last[cpu]; }`,
    `      $k = (nsecs - @last[cpu] + ${Math.floor(period / 2)}) / ${period};`,
    `      $j = ($from - @last[cpu]) / ${period} + 1;`,
    `      if ($k > $j) { printf("M %llu %llu\\n", nsecs, $k - $j); }`,
    `    }`,
  ];
};

function scheduler(options: ProbeOptions, hz: number): string[] {
  const period = Math.round(1e9 / hz);
  return [
    `tracepoint:sched:sched_wakeup, tracepoint:sched:sched_wakeup_new /@th[args->pid] == 1/ {`,
    `  @wake[args->pid] = nsecs;`,
    `}`,
    `tracepoint:sched:sched_switch {`,
    `  if (@t[pid] == 1) {`,
    `    @th[tid] = 1;`,
    `    $in = @in[tid];`,
    `    if ($in != 0) {`,
    `      @oncpu[pid] = sum(nsecs - $in);`,
    `      if (@last[cpu] == 0) { printf("B %llu %llu\\n", nsecs, nsecs - $in); }`,
    `      else {`,
    `        if ($in < @last[cpu]) { $in = @last[cpu]; }`,
    `        $k = (nsecs - @last[cpu]) / ${period}; $j = ($in - @last[cpu]) / ${period};`,
    `        if ($k > $j) { printf("M %llu %llu\\n", nsecs, $k - $j); }`,
    `      }`,
    `      delete(@in[tid]);`,
    `    }`,
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
