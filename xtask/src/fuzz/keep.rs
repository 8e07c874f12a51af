//! What of a run is worth keeping.

use std::{collections::HashSet, path::Path};

use anyhow::Context;
use xshell::{Shell, cmd};

use super::CORPUS;

/// The most inputs that are added at once, and the most bytes that one of them has: no more than
/// somebody looks at.
const MOST: usize = 24;
const MOST_BYTES: usize = 1024;

/// Adds to the inputs that are kept for a target those that reach most of what none of them does.
pub(super) fn keep(sh: &Shell, program: &Path, target: &str, found: &Path) -> anyhow::Result<()> {
    let kept = format!("{CORPUS}/{target}");
    let scratch = sh.create_temp_dir()?;
    let (merged, control) = (
        scratch.path().join("merged"),
        scratch.path().join("control"),
    );
    sh.create_dir(&merged)?;
    // What libFuzzer would choose by itself are hundreds: of what it tells we take the best.
    let control_flag = format!("-merge_control_file={}", control.display());
    cmd!(
        sh,
        "{program} -set_cover_merge=1 -use_counters=0 {control_flag} {merged} {kept} {found}"
    )
    .quiet()
    .env("TIELINE_FUZZ_TARGET", target)
    .ignore_stderr()
    .run()?;
    let control = sh.read_file(&control)?;
    let mut inputs = Inputs::read(&control).context("libFuzzer told something unexpected")?;
    let is_small = |name| {
        sh.read_binary_file(name)
            .is_ok_and(|it| it.len() <= MOST_BYTES)
    };
    inputs.0.retain(|(name, _)| is_small(*name));
    let best = inputs.best(&kept);
    for file in &best {
        sh.copy_file(file, &kept)?;
    }
    println!("{target}: {} inputs more in {kept}", best.len());
    Ok(())
}

/// Inputs, each with what it reaches.
struct Inputs<'a>(Vec<(&'a str, HashSet<u32>)>);

impl<'a> Inputs<'a> {
    /// Reads libFuzzer's control file: how many files there are, how many of them are of the first
    /// folder, their names, and for each that was run a line `FT`, its number, what it reaches.
    fn read(control: &'a str) -> Option<Self> {
        let mut lines = control.lines();
        let count = lines.next()?.parse().ok()?;
        lines.next()?;
        let names = lines.by_ref().take(count);
        let mut inputs: Vec<_> = names.map(|name| (name, HashSet::new())).collect();
        for line in lines.filter_map(|line| line.strip_prefix("FT ")) {
            let mut numbers = line.split_whitespace().map(str::parse::<u32>);
            let index = usize::try_from(numbers.next()?.ok()?).ok()?;
            inputs.get_mut(index)?.1 = numbers.collect::<Result<_, _>>().ok()?;
        }
        Some(Self(inputs))
    }

    /// Those outside `kept` that reach most besides, the one with the most first.
    fn best(self, kept: &str) -> Vec<&'a str> {
        let is_kept = |(name, _): &(&str, _)| Path::new(name).starts_with(kept);
        let (kept, mut others): (Vec<_>, Vec<_>) = self.0.into_iter().partition(is_kept);
        let mut reached: HashSet<u32> = kept.into_iter().flat_map(|(_, reached)| reached).collect();
        let mut best = Vec::new();
        while best.len() < MOST {
            for (_, more) in &mut others {
                more.retain(|it| !reached.contains(it));
            }
            let next = others.iter().max_by_key(|(_, more)| more.len());
            let Some((name, more)) = next.filter(|(_, more)| !more.is_empty()) else {
                break;
            };
            best.push(*name);
            reached.extend(more);
        }
        best
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_reaches_most_besides_is_kept_and_what_reaches_nothing_is_not() {
        let control = "4\n0\nfuzz/corpus/state/a\n/found/few\n/found/none\n/found/many\n\
            STARTED 0 9\nFT 0 1 2\nCOV 0 1\nSTARTED 1 9\nFT 1 2 3\nSTARTED 2 9\nFT 2 1\n\
            STARTED 3 9\nFT 3 1 4 5\n";
        let inputs = Inputs::read(control).unwrap();
        assert_eq!(
            inputs.best("fuzz/corpus/state"),
            ["/found/many", "/found/few"]
        );
    }
}
