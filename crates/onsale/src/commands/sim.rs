//! `onsale sim`: unlucky days, each from a seed, and an auditor.

mod watchdog;

use std::io::IsTerminal;
use std::num::NonZero;
use std::process::ExitCode;
use std::thread::available_parallelism;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use indicatif::{ProgressBar, ProgressStyle};
use sim::census::{Kind, Part};
use sim::fleet::{Progress, Tally, run_all};
use sim::planted::{Mistake, controls, mistakes};
use sim::scenario::Scenario;
use sim::{Run, shrink, story};

use self::watchdog::Watchdog;

/// Seeds to run where nobody says how many.
const SEEDS: u64 = 1_000;

/// The exit code for a command that this build cannot carry out (`EX_UNAVAILABLE`).
const EXIT_UNAVAILABLE: u8 = 69;

#[derive(Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(super) struct Arguments {
    /// How many seeds to run, one after the other
    #[arg(long, default_value_t = SEEDS)]
    seeds: u64,
    /// The first of them; without it, a fresh one
    #[arg(long)]
    first_seed: Option<u64>,
    /// Run this seed only
    #[arg(long, conflicts_with_all = ["seeds", "first_seed"])]
    seed: Option<u64>,
    /// Print every step of the seed
    #[arg(long, requires = "seed")]
    trace: bool,
    /// Look for a smaller day that breaks the same rule
    #[arg(long, requires = "seed")]
    shrink: bool,
    /// Plant a bug first; only in a build with the feature planted-bugs
    #[arg(long, value_name = "BUG")]
    planted: Option<String>,
    /// Seeds at a time; without it, one for each core
    #[arg(long)]
    threads: Option<usize>,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Plant each bug in turn, and tell how many seeds it takes to find it
    Mutants {
        /// The first seed that each bug is looked for with
        #[arg(long, default_value_t = 1)]
        first_seed: u64,
    },
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let threads = arguments
        .threads
        .unwrap_or_else(|| available_parallelism().map_or(1, NonZero::get));
    let dog = Watchdog::start();
    if let Some(Command::Mutants { first_seed }) = arguments.command {
        return Ok(find_mutants(first_seed, threads, &dog));
    }
    let mistake = arguments.planted.as_deref().map(mistake).transpose()?;
    dog.plants(planted(mistake));
    if let Some(seed) = arguments.seed {
        return Ok(one(seed, mistake, arguments, &dog));
    }
    for (seed, found) in sim::past::PAST {
        let past = watched(&dog, seed, mistake, false);
        if !past.violations.is_empty() {
            println!("a past seed fails again; it had found: {found}");
            return Ok(tell_failure(&past, mistake));
        }
    }
    let first = arguments.first_seed.unwrap_or_else(fresh_seed);
    let seeds = first..first.saturating_add(arguments.seeds);
    println!("seeds {first} to {}", seeds.end.saturating_sub(1));
    let bar = progress(arguments.seeds);
    let began = Instant::now();
    let tally = run_all(seeds, threads, mistake, &|progress| {
        dog.hear(progress);
        bar.inc(u64::from(matches!(progress, Progress::Ends(_))));
    });
    bar.finish_and_clear();
    tell_rate(&tally, began, threads);
    tell_census(&tally);
    if let Some(failed) = &tally.failed {
        return Ok(tell_failure(failed, mistake));
    }
    println!("no violation");
    Ok(ExitCode::SUCCESS)
}

/// Runs a seed while somebody looks on.
fn watched(dog: &Watchdog, seed: u64, mistake: Option<Mistake>, traced: bool) -> Run {
    dog.hear(Progress::Begins(seed));
    let run = sim::run(&Scenario::of(seed), mistake, traced);
    dog.hear(Progress::Ends(seed));
    run
}

fn mistake(name: &str) -> anyhow::Result<Mistake> {
    let mut all = mistakes().iter().chain(controls());
    let found = all.find(|mistake| mistake.name == name);
    found.copied().ok_or_else(|| {
        let known: Vec<&str> = mistakes().iter().map(|mistake| mistake.name).collect();
        anyhow::anyhow!("this build cannot plant {name:?}; it can plant {known:?}")
    })
}

/// Seeds that nobody has tried: the seconds since 1970, with room for a run's seeds between them.
fn fresh_seed() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(1, |since| since.as_secs()) * 100_000
}

fn progress(seeds: u64) -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let style =
        ProgressStyle::with_template("{bar:40} {pos} of {len} seeds, {per_sec}, {eta} left");
    ProgressBar::new(seeds).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

fn tell_rate(tally: &Tally, began: Instant, threads: usize) {
    let secs = began.elapsed().as_secs_f64().max(f64::EPSILON);
    let seeds = tally.seeds.max(1) as f64;
    println!(
        "{} seeds in {secs:.1} s: {:.0} a second on {threads} threads, {:.0} on each",
        tally.seeds,
        seeds / secs,
        seeds / secs / threads.max(1) as f64
    );
    println!(
        "a seed held {:.0} requests, {:.0} more once faults had stopped, and {:.1} faults on average",
        tally.commands as f64 / seeds,
        tally.probes as f64 / seeds,
        tally.census.faults() as f64 / seeds
    );
}

/// What came up in so many seeds, and how often.
fn tell_census(tally: &Tally) {
    let seeds = tally.seeds.max(1) as f64;
    for part in Part::ALL {
        println!("\n{:52} {:>10} {:>8}", part.heading(), "in all", "a seed");
        for kind in Kind::ALL.into_iter().filter(|kind| kind.part() == part) {
            let count = tally.census.of(kind);
            let each = count as f64 / seeds;
            println!("{:52} {count:>10} {each:>8.3}", kind.words());
        }
    }
    println!();
}

fn one(seed: u64, mistake: Option<Mistake>, arguments: &Arguments, dog: &Watchdog) -> ExitCode {
    let scenario = Scenario::of(seed);
    if arguments.shrink {
        return shrunk(&scenario, mistake);
    }
    let run = watched(dog, seed, mistake, arguments.trace);
    if arguments.trace {
        for step in &run.trace {
            println!("{step}");
        }
    }
    if run.violations.is_empty() {
        println!(
            "seed {seed}: {}; {} requests, {} faults; no violation",
            scenario.size(),
            run.commands,
            run.faults()
        );
        return ExitCode::SUCCESS;
    }
    tell_failure(&run, mistake)
}

fn shrunk(scenario: &Scenario, mistake: Option<Mistake>) -> ExitCode {
    let seed = scenario.seed;
    let Some(found) = shrink(scenario, mistake) else {
        println!("seed {seed}: no violation, so nothing to make smaller");
        return ExitCode::SUCCESS;
    };
    println!(
        "seed {seed}: {} came down to {} in {} days",
        scenario.size(),
        found.scenario.size(),
        found.days
    );
    for step in &found.run.trace {
        println!("  {step}");
    }
    tell_violations(&found.run);
    ExitCode::FAILURE
}

fn tell_failure(failed: &Run, mistake: Option<Mistake>) -> ExitCode {
    let seed = failed.seed;
    let traced = sim::run(&Scenario::of(seed), mistake, true);
    println!("\nseed {seed} breaks a rule:");
    for step in story(&traced) {
        println!("  {step}");
    }
    tell_violations(failed);
    let planted = planted(mistake);
    println!("to replay it:        onsale sim --seed {seed} --trace{planted}");
    println!("to make it smaller:  onsale sim --seed {seed} --shrink{planted}");
    ExitCode::FAILURE
}

/// What the command line needs to plant the same bug again.
fn planted(mistake: Option<Mistake>) -> String {
    mistake.map_or_else(String::new, |mistake| {
        format!(" --planted {}", mistake.name)
    })
}

fn tell_violations(run: &Run) {
    for violation in run.violations.iter().take(5) {
        println!("violated: {violation}");
    }
    let more = run.violations.len().saturating_sub(5);
    if more > 0 {
        println!("and {more} more");
    }
}

/// Looks for every planted bug; fails where one is not found within its number of seeds.
fn find_mutants(first_seed: u64, threads: usize, dog: &Watchdog) -> ExitCode {
    if mistakes().is_empty() {
        println!(
            "this build has no planted bugs, as it should be; \
             `cargo run --release --features planted-bugs -- sim mutants` has them"
        );
        return ExitCode::from(EXIT_UNAVAILABLE);
    }
    let mut escaped = 0;
    println!(
        "{:36} {:>9} {:>7}  broken rule",
        "planted bug", "found in", "at most"
    );
    for mistake in mistakes() {
        let seeds = first_seed..first_seed.saturating_add(u64::from(mistake.seeds_max));
        dog.plants(planted(Some(*mistake)));
        let tally = run_all(seeds, threads, Some(*mistake), &|seed| dog.hear(seed));
        let (found, rule) = tally.failed.as_ref().map_or_else(
            || ("ESCAPED".to_owned(), mistake.meaning),
            |run| {
                let seeds = run.seed - first_seed + 1;
                (seeds.to_string(), run.violations[0].rule.meaning())
            },
        );
        escaped += u32::from(tally.failed.is_none());
        println!(
            "{:36} {found:>9} {:>7}  {rule}",
            mistake.name, mistake.seeds_max
        );
    }
    println!("nothing but the lease guards the stock, and the lease is right:");
    for control in controls() {
        let seeds = first_seed..first_seed.saturating_add(u64::from(control.seeds_max));
        dog.plants(planted(Some(*control)));
        let tally = run_all(seeds, threads, Some(*control), &|seed| dog.hear(seed));
        if let Some(failed) = &tally.failed {
            println!("{}, seed {} breaks a rule", control.name, failed.seed);
            return tell_failure(failed, Some(*control));
        }
        println!("{:36} none in {} seeds", control.name, tally.seeds);
    }
    dog.plants(String::new());
    let clean = run_all(
        first_seed..first_seed.saturating_add(SEEDS),
        threads,
        None,
        &|seed| dog.hear(seed),
    );
    if let Some(failed) = &clean.failed {
        println!("without any, seed {} breaks a rule", failed.seed);
        return tell_failure(failed, None);
    }
    println!("without any: {SEEDS} seeds, no violation");
    if escaped > 0 {
        println!("{escaped} escaped");
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}
