//! What processes cost, as the system accounts for it in `/proc`.

use std::{collections::BTreeMap, fs};

use anyhow::{Context, ensure};
use xshell::{Shell, cmd};

use super::wrk::as_f64;

/// The CPU time of all processes at one moment, in the system's ticks.
pub(super) struct Snapshot {
    processes: BTreeMap<u32, Process>,
    machine: Machine,
}

#[derive(Debug, PartialEq, Eq)]
struct Process {
    parent: u32,
    /// Of itself, and of its children that have ended.
    ticks: u64,
}

#[derive(Debug, PartialEq, Eq)]
struct Machine {
    /// Spent by processes, or taken by other machines on the same hardware.
    busy: u64,
    all: u64,
}

impl Snapshot {
    pub(super) fn take() -> anyhow::Result<Self> {
        let mut processes = BTreeMap::new();
        for entry in fs::read_dir("/proc").context("without /proc nothing is accounted for")? {
            let name = entry?.file_name();
            let Some(id) = name.to_str().and_then(|name| name.parse().ok()) else {
                continue;
            };
            // It may have ended meanwhile.
            let stat = fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
            if let Some(process) = Process::parse(&stat) {
                processes.insert(id, process);
            }
        }
        let stat = fs::read_to_string("/proc/stat")?;
        let machine = Machine::parse(&stat).context("/proc/stat looks unfamiliar")?;
        Ok(Self { processes, machine })
    }

    /// What these processes and all below them have spent, whether they live or have ended.
    fn spent_by(&self, roots: &[u32]) -> u64 {
        let below = self
            .processes
            .keys()
            .filter(|id| self.is_below(**id, roots));
        below.map(|id| self.processes[id].ticks).sum()
    }

    fn is_below(&self, id: u32, roots: &[u32]) -> bool {
        if roots.contains(&id) {
            return true;
        }
        let process = self.processes.get(&id);
        process.is_some_and(|it| it.parent != id && self.is_below(it.parent, roots))
    }

    /// The ticks that these processes spent between an earlier snapshot and this one.
    pub(super) fn spent_since(&self, earlier: &Self, roots: &[u32]) -> u64 {
        self.spent_by(roots).saturating_sub(earlier.spent_by(roots))
    }

    /// The share of the machine's CPU that went elsewhere than to this task and what it started.
    pub(super) fn others_since(&self, earlier: &Self) -> f64 {
        let ours = self.spent_since(earlier, &[std::process::id()]);
        let busy = self.machine.busy.saturating_sub(earlier.machine.busy);
        let all = self.machine.all.saturating_sub(earlier.machine.all);
        as_f64(busy.saturating_sub(ours)) / as_f64(all.max(1))
    }
}

impl Process {
    /// Reads `/proc/<pid>/stat` (`man proc_pid_stat`). The name, in parentheses, may hold anything.
    fn parse(stat: &str) -> Option<Self> {
        let (_, rest) = stat.rsplit_once(')')?;
        let fields: Vec<&str> = rest.split_whitespace().collect();
        let number = |field: usize| fields.get(field - 3)?.parse::<u64>().ok();
        Some(Self {
            parent: fields.get(1)?.parse().ok()?,
            ticks: number(14)? + number(15)? + number(16)? + number(17)?,
        })
    }
}

impl Machine {
    /// Reads the first line of `/proc/stat` (`man proc_stat`). Interrupts count as nobody's: the
    /// loopback's are ours, and no process is charged for them.
    fn parse(stat: &str) -> Option<Self> {
        let line = stat.lines().next()?.strip_prefix("cpu ")?;
        let numbers = line.split_whitespace().map(str::parse);
        let numbers: Vec<u64> = numbers.collect::<Result<_, _>>().ok()?;
        let [user, nice, system, idle, wait, hard, soft, steal, ..] = numbers[..] else {
            return None;
        };
        let busy = user + nice + system + steal;
        Some(Self {
            busy,
            all: busy + idle + wait + hard + soft,
        })
    }
}

/// How many ticks make a second.
pub(super) fn ticks_per_second(sh: &Shell) -> anyhow::Result<f64> {
    let told = cmd!(sh, "getconf CLK_TCK").quiet().read()?;
    let ticks: u64 = told.trim().parse()?;
    ensure!(ticks > 0, "the system has no ticks");
    Ok(as_f64(ticks))
}

/// Memory of a process in KiB: in use now, and at its highest.
pub(super) fn memory(id: u32) -> anyhow::Result<(u64, u64)> {
    let status = fs::read_to_string(format!("/proc/{id}/status"))?;
    let line = |name: &str| kibibytes(&status, name).with_context(|| format!("no {name}"));
    Ok((line("VmRSS")?, line("VmHWM")?))
}

fn kibibytes(status: &str, name: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix(name));
    line?
        .trim_start_matches(':')
        .split_whitespace()
        .next()?
        .parse()
        .ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stat(id: u32, parent: u32, ticks: u64) -> String {
        format!("{id} (a (b) c) S {parent} 1 1 0 -1 0 0 0 0 0 {ticks} 1 2 3 20 0 1")
    }

    fn snapshot(processes: &[(u32, u32, u64)], machine: &str) -> Snapshot {
        let parse = |&(id, parent, ticks)| {
            let process = Process::parse(&stat(id, parent, ticks)).unwrap();
            (id, process)
        };
        Snapshot {
            processes: processes.iter().map(parse).collect(),
            machine: Machine::parse(machine).unwrap(),
        }
    }

    #[test]
    fn a_process_is_charged_for_its_children_that_ended() {
        let expected = Process {
            parent: 7,
            ticks: 10 + 1 + 2 + 3,
        };
        assert_eq!(Process::parse(&stat(8, 7, 10)), Some(expected));
        assert_eq!(Process::parse("no such thing"), None);
    }

    #[test]
    fn a_root_is_charged_for_all_below_it_and_for_nobody_else() {
        let machine = "cpu  0 0 0 0 0 0 0 0 0 0\n";
        let before = snapshot(&[(1, 0, 0), (2, 1, 0), (3, 2, 0), (4, 1, 0)], machine);
        let after = snapshot(&[(1, 0, 100), (2, 1, 10), (3, 2, 5), (4, 1, 50)], machine);
        assert_eq!(after.spent_since(&before, &[2]), 15);
        assert_eq!(after.spent_since(&before, &[2, 4]), 65);
    }

    #[test]
    fn what_others_took_is_a_share_of_the_whole_machine() {
        let own = std::process::id();
        let before = snapshot(&[(own, 1, 0)], "cpu  0 0 0 0 0 0 0 0 0 0\n");
        let after = snapshot(&[(own, 1, 60)], "cpu  50 0 30 100 0 5 5 10 0 0\n");
        assert!((after.others_since(&before) - 30.0 / 200.0).abs() < 1e-9);
    }

    #[test]
    fn memory_is_read_of_this_very_process() {
        let (now, peak) = memory(std::process::id()).unwrap();
        assert!(0 < now && now <= peak);
    }
}
