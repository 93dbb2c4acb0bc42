//! The process as the operating system sees it, under the names that all of Prometheus's libraries use. Linux tells it in
//! `/proc`; elsewhere these metrics are absent.

use super::reading::Reading;

/// What `/proc` says of a process.
#[derive(Debug, PartialEq)]
struct Process {
    cpu_seconds: f64,
    start_time_seconds: f64,
    resident_bytes: u64,
    virtual_bytes: u64,
}

/// How the kernel counts.
#[derive(Clone, Copy, Debug)]
struct Units {
    ticks_per_second: u64,
    page_bytes: u64,
}

/// What the system says of this process now; nothing where it does not say it.
pub(super) fn readings() -> Vec<Reading> {
    let mut readings = Vec::new();
    if let Some(process) = system::process() {
        readings.extend(of_process(&process));
    }
    readings.extend(system::open_files().map(|files| {
        let help = "File descriptors that are open: connections, files of the database";
        Reading::gauge("process_open_fds", help, files as f64)
    }));
    readings.extend(system::most_open_files().map(|files| {
        let help = "File descriptors that may be open at once";
        Reading::gauge("process_max_fds", help, files as f64)
    }));
    readings
}

fn of_process(process: &Process) -> [Reading; 4] {
    [
        Reading::seconds(
            "process_cpu_seconds",
            "Processor time that was spent, in the program and for it in the kernel",
            process.cpu_seconds,
        ),
        Reading::gauge(
            "process_resident_memory_bytes",
            "Memory that is in use",
            process.resident_bytes as f64,
        ),
        Reading::gauge(
            "process_virtual_memory_bytes",
            "Addresses that are reserved, of which most are not in use",
            process.virtual_bytes as f64,
        ),
        Reading::gauge(
            "process_start_time_seconds",
            "When the server was started, in seconds since 1970",
            process.start_time_seconds,
        ),
    ]
}

/// Reads `/proc/PID/stat` (`proc_pid_stat(5)`), with the instant of the system's start from `/proc/stat`.
fn read(stat: &str, system_stat: &str, units: Units) -> Option<Process> {
    // The name of the program stands in parentheses and may hold anything, parentheses too.
    let (_, rest) = stat.rsplit_once(')')?;
    let fields: Vec<&str> = rest.split_ascii_whitespace().collect();
    // The first field after the name has the number 3.
    let field = |number: usize| fields.get(number - 3)?.parse::<u64>().ok();
    let seconds = |ticks: u64| ticks as f64 / units.ticks_per_second as f64;
    Some(Process {
        cpu_seconds: seconds(field(14)? + field(15)?),
        start_time_seconds: booted_at(system_stat)? as f64 + seconds(field(22)?),
        virtual_bytes: field(23)?,
        resident_bytes: field(24)?.saturating_mul(units.page_bytes),
    })
}

fn booted_at(system_stat: &str) -> Option<u64> {
    let mut lines = system_stat.lines();
    lines
        .find_map(|line| line.strip_prefix("btime "))?
        .trim()
        .parse()
        .ok()
}

#[cfg(target_os = "linux")]
mod system {
    use std::fs;

    use rustix::process::{Resource, getrlimit};

    use super::{Process, Units, read};

    pub(super) fn process() -> Option<Process> {
        let units = Units {
            ticks_per_second: rustix::param::clock_ticks_per_second(),
            page_bytes: rustix::param::page_size() as u64,
        };
        let stat = fs::read_to_string("/proc/self/stat").ok()?;
        read(&stat, &fs::read_to_string("/proc/stat").ok()?, units)
    }

    pub(super) fn open_files() -> Option<usize> {
        Some(fs::read_dir("/proc/self/fd").ok()?.count())
    }

    pub(super) fn most_open_files() -> Option<u64> {
        getrlimit(Resource::Nofile).current
    }
}

#[cfg(not(target_os = "linux"))]
mod system {
    use super::Process;

    pub(super) const fn process() -> Option<Process> {
        None
    }

    pub(super) const fn open_files() -> Option<usize> {
        None
    }

    pub(super) const fn most_open_files() -> Option<u64> {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STAT: &str =
        "4711 (a) b (c)) S 1 4711 4711 0 -1 4194560 100 0 0 0 250 50 0 0 20 0 9 0 12345 1073741824 2560 0";
    const SYSTEM: &str = "cpu  1 2 3\nbtime 1700000000\nprocesses 9\n";
    const UNITS: Units = Units {
        ticks_per_second: 100,
        page_bytes: 4096,
    };

    #[test]
    fn a_name_with_parentheses_shifts_nothing() {
        let process = Process {
            cpu_seconds: 3.0,
            start_time_seconds: 1_700_000_123.45,
            resident_bytes: 2560 * 4096,
            virtual_bytes: 1 << 30,
        };
        assert_eq!(read(STAT, SYSTEM, UNITS), Some(process));
    }

    #[test]
    fn what_is_not_understood_is_absent() {
        assert_eq!(read("4711 (a) S 1", SYSTEM, UNITS), None);
        assert_eq!(read(STAT, "cpu 1", UNITS), None);
        assert_eq!(read("", "", UNITS), None);
    }
}
