//! A group of instances through time: they start, warm up, serve and go.

use super::policy::{Answer, Metric, Policy, Scheduled};

/// A group's bounds and how its instances start.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Bounds {
    pub(crate) min: u32,
    pub(crate) max: u32,
    /// From the decision until an instance serves.
    pub(crate) launch_secs: u32,
    /// From serving until its figures count.
    pub(crate) warmup_secs: u32,
}

/// How busy an instance is with so many requests a second, percent; above 100 it cannot keep up.
pub(crate) type CpuModel = fn(f64) -> f64;

/// One second of the group.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct Second {
    pub(crate) serving: u32,
    pub(crate) desired: u32,
    pub(crate) running: u32,
    pub(crate) cpu: f64,
}

/// The group itself. Instances are known by the second at which they were asked for.
#[derive(Debug)]
pub(crate) struct Group {
    bounds: Bounds,
    policies: Vec<Policy>,
    schedule: Vec<Scheduled>,
    min: u32,
    asked_at: Vec<i64>,
    deaf_until: i64,
    cpu_minute: Vec<f64>,
    requests_minute: f64,
}

impl Group {
    pub(crate) fn new(
        bounds: Bounds,
        size: u32,
        policies: Vec<Policy>,
        schedule: Vec<Scheduled>,
    ) -> Self {
        Self {
            min: bounds.min,
            asked_at: vec![i64::MIN / 2; size as usize],
            bounds,
            policies,
            schedule,
            deaf_until: 0,
            cpu_minute: Vec::new(),
            requests_minute: 0.0,
        }
    }

    /// Lives through one second with so many requests.
    pub(crate) fn second(&mut self, now: u32, requests: f64, cpu_of: CpuModel) -> Second {
        let at = i64::from(now);
        for due in self.schedule.clone() {
            if due.at_secs == now {
                self.min = due.min_size;
                let wanted = due.desired.unwrap_or(self.size()).max(self.min);
                self.resize(wanted, at);
            }
        }
        let serving = self.older_than(at, self.bounds.launch_secs);
        let cpu = cpu_of(requests / f64::from(serving.max(1)));
        self.cpu_minute.push(cpu.min(100.0));
        self.requests_minute += requests / f64::from(serving.max(1));
        let second = Second {
            serving,
            desired: self.size(),
            running: self.size(),
            cpu,
        };
        if (now + 1).is_multiple_of(60) {
            self.minute(at + 1);
        }
        second
    }

    fn minute(&mut self, at: i64) {
        let cpu = self.cpu_minute.iter().sum::<f64>() / self.cpu_minute.len().max(1) as f64;
        let requests = self.requests_minute;
        self.cpu_minute.clear();
        self.requests_minute = 0.0;
        let mut wishes = Vec::new();
        for index in 0..self.policies.len() {
            let policy = &mut self.policies[index];
            let figure = match policy.metric {
                Metric::Cpu => cpu,
                Metric::RequestsPerTarget => requests,
            };
            if let Some(value) = policy.alarm.minute(Some(figure)) {
                let answer = policy.answer.clone();
                wishes.extend(self.wish(&answer, value, at));
            }
        }
        // Where several policies answer at once, the largest size wins.
        if let Some((size, cooldown)) = wishes.into_iter().max_by_key(|(size, _)| *size) {
            let before = self.size();
            self.resize(size, at);
            if let (true, Some(secs)) = (self.size() != before, cooldown) {
                let until_there = if self.size() > before {
                    self.bounds.launch_secs
                } else {
                    0
                };
                self.deaf_until = at + i64::from(until_there + secs);
            }
        }
    }

    /// The size that a policy asks for, and the pause that follows.
    fn wish(&self, answer: &Answer, value: f64, at: i64) -> Option<(u32, Option<u32>)> {
        let size = i64::from(self.size());
        let warm = i64::from(self.warm(at));
        let wanted = match answer {
            Answer::Simple { change, .. }
                if at >= self.deaf_until && (*change > 0 || warm == size) =>
            {
                size + i64::from(*change)
            }
            Answer::Simple { .. } => return None,
            Answer::Step { threshold, steps } => {
                let (_, change) = steps.iter().rfind(|(from, _)| value >= threshold + from)?;
                size.max(warm + i64::from(*change))
            }
            Answer::Track { target } => {
                let fitting = (1..i64::from(self.bounds.max))
                    .find(|fitting| *fitting as f64 * target >= warm as f64 * value)
                    .unwrap_or(i64::from(self.bounds.max));
                // Nothing is taken away while something warms up.
                if fitting < size && warm < size {
                    return None;
                }
                fitting
            }
        };
        let cooldown = match answer {
            Answer::Simple { cooldown_secs, .. } => Some(*cooldown_secs),
            Answer::Step { .. } | Answer::Track { .. } => None,
        };
        Some((u32::try_from(wanted).unwrap_or(0), cooldown))
    }

    fn resize(&mut self, wanted: u32, at: i64) {
        let wanted = wanted.clamp(self.min, self.bounds.max) as usize;
        // The youngest are the first to go: those that do not serve yet.
        self.asked_at.truncate(wanted);
        self.asked_at.resize(wanted, at);
    }

    fn size(&self) -> u32 {
        u32::try_from(self.asked_at.len()).unwrap_or(u32::MAX)
    }

    fn warm(&self, at: i64) -> u32 {
        self.older_than(at, self.bounds.launch_secs + self.bounds.warmup_secs)
    }

    fn older_than(&self, at: i64, secs: u32) -> u32 {
        let old = self
            .asked_at
            .iter()
            .filter(|asked| at - **asked >= i64::from(secs));
        u32::try_from(old.count()).unwrap_or(u32::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::super::alarm::{Missing, Rule, Side};
    use super::*;

    const BOUNDS: Bounds = Bounds {
        min: 1,
        max: 20,
        launch_secs: 60,
        warmup_secs: 120,
    };

    /// One percent for each request a second.
    fn cpu(requests: f64) -> f64 {
        requests
    }

    fn hot(answer: Answer) -> Policy {
        Policy::on_cpu(
            Rule {
                side: Side::Above,
                threshold: 70.0,
                period_secs: 60,
                periods: 1,
                missing: Missing::Ignore,
            },
            answer,
        )
    }

    fn idle(answer: Answer) -> Policy {
        Policy::on_cpu(
            Rule {
                side: Side::Below,
                threshold: 20.0,
                period_secs: 60,
                periods: 2,
                missing: Missing::Ignore,
            },
            answer,
        )
    }

    /// The desired size at the end of each minute.
    fn sizes(mut group: Group, minutes: u32, requests: fn(u32) -> f64) -> Vec<u32> {
        let seconds: Vec<Second> = (0..minutes * 60)
            .map(|now| group.second(now, requests(now), cpu))
            .collect();
        seconds
            .iter()
            .skip(59)
            .step_by(60)
            .map(|second| second.desired)
            .collect()
    }

    #[test]
    fn simple_scaling_is_deaf_until_its_cooldown_is_over() {
        let policy = hot(Answer::Simple {
            change: 2,
            cooldown_secs: 300,
        });
        let group = Group::new(BOUNDS, 2, vec![policy], vec![]);

        // Rings after minute 1; the instances serve a minute later, and then come five of silence.
        assert_eq!(sizes(group, 9, |_| 2_000.0), [2, 4, 4, 4, 4, 4, 4, 6, 6]);
    }

    #[test]
    fn step_scaling_counts_what_warms_up_as_answered() {
        let policy = hot(Answer::Step {
            threshold: 70.0,
            steps: vec![(0.0, 2), (20.0, 4)],
        });
        let group = Group::new(BOUNDS, 2, vec![policy], vec![]);

        // 85 % asks for two; while they warm up (1 + 2 minutes) the same answer adds nothing.
        assert_eq!(sizes(group, 6, |_| 2.0 * 85.0 * 2.0), [2, 6, 6, 6, 6, 6]);
    }

    #[test]
    fn a_larger_step_adds_only_the_difference() {
        let policy = hot(Answer::Step {
            threshold: 70.0,
            steps: vec![(0.0, 2), (20.0, 4)],
        });
        let group = Group::new(BOUNDS, 2, vec![policy], vec![]);

        let rising = |now| if now < 60 { 160.0 } else { 800.0 };
        assert_eq!(sizes(group, 4, rising), [2, 4, 6, 6]);
    }

    #[test]
    fn target_tracking_goes_up_after_three_minutes_and_down_after_fifteen() {
        let policies = Policy::tracking(Metric::RequestsPerTarget, 600.0).to_vec();
        let group = Group::new(BOUNDS, 2, policies, vec![]);

        let burst = |now| if now < 600 { 40.0 } else { 4.0 };
        let sizes = sizes(group, 40, burst);
        assert_eq!(sizes[..5], [2, 2, 2, 4, 4]);
        assert_eq!(sizes[24], 4);
        assert_eq!(sizes[25], 1);
    }

    #[test]
    fn simple_scaling_in_goes_one_by_one() {
        let policy = idle(Answer::Simple {
            change: -1,
            cooldown_secs: 300,
        });
        let group = Group::new(BOUNDS, 4, vec![policy], vec![]);

        assert_eq!(
            sizes(group, 14, |_| 4.0),
            [4, 4, 3, 3, 3, 3, 3, 2, 2, 2, 2, 2, 1, 1]
        );
    }

    #[test]
    fn the_calendar_sets_floor_and_size() {
        let schedule = vec![
            Scheduled {
                at_secs: 60,
                min_size: 6,
                desired: Some(6),
            },
            Scheduled {
                at_secs: 180,
                min_size: 1,
                desired: None,
            },
        ];
        let policy = idle(Answer::Simple {
            change: -1,
            cooldown_secs: 60,
        });
        let group = Group::new(BOUNDS, 2, vec![policy], schedule);

        // The floor goes at minute 3; the idle alarm is heard at the end of the next.
        assert_eq!(sizes(group, 6, |_| 2.0), [2, 6, 6, 6, 5, 4]);
    }

    #[test]
    fn the_bounds_hold() {
        let policy = hot(Answer::Step {
            threshold: 70.0,
            steps: vec![(0.0, 50)],
        });
        let group = Group::new(BOUNDS, 2, vec![policy], vec![]);

        assert_eq!(sizes(group, 3, |_| 9_000.0), [2, 20, 20]);
    }
}
