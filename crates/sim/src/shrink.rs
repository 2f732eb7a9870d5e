//! A smaller day that breaks the same rule.
//!
//! After Zeller and Hildebrandt, "Simplifying and Isolating Failure-Inducing Input" (2002): leave
//! out halves, then quarters, down to single ones, as long as the rule is still broken. Clients,
//! what they do, troubles, and each kind of fault are left out.

use crate::auditor::Rule;
use crate::planted::Mistake;
use crate::run::{Run, run};
use crate::scenario::{Rates, Scenario};

/// What is left of a scenario that still breaks the rule.
#[derive(Clone, Debug)]
pub struct Shrunk {
    /// What is left.
    pub scenario: Scenario,
    /// How it goes, with every step in words.
    pub run: Run,
    /// How many days it took to get here.
    pub days: u32,
}

impl Scenario {
    /// How large it is, in words.
    pub fn size(&self) -> String {
        let steps: usize = self.clients.iter().map(|client| client.steps.len()).sum();
        format!(
            "{} clients with {steps} steps, {} troubles, {} nodes",
            self.clients.len(),
            self.troubles.len(),
            self.nodes
        )
    }
}

/// Makes a scenario smaller that breaks a rule; `None` where it breaks none.
pub fn shrink(scenario: &Scenario, mistake: Option<Mistake>) -> Option<Shrunk> {
    let rule = run(scenario, mistake, false).violations.first()?.rule;
    let mut search = Search {
        best: scenario.clone(),
        rule,
        mistake,
        days: 1,
    };
    let mut size = String::new();
    while size != search.best.size() {
        size = search.best.size();
        search.rates();
        search.part(|scenario| &mut scenario.clients);
        search.part(|scenario| &mut scenario.troubles);
        for client in 0..search.best.clients.len() {
            search.part(|scenario| &mut scenario.clients[client].steps);
        }
        search.nodes();
    }
    let run = run(&search.best, mistake, true);
    Some(Shrunk {
        scenario: search.best,
        run,
        days: search.days,
    })
}

struct Search {
    best: Scenario,
    rule: Rule,
    mistake: Option<Mistake>,
    days: u32,
}

impl Search {
    /// Keeps a smaller scenario if it still breaks the rule.
    fn try_out(&mut self, smaller: Scenario) -> bool {
        self.days += 1;
        let violations = run(&smaller, self.mistake, false).violations;
        let same = violations.iter().any(|found| found.rule == self.rule);
        if same {
            self.best = smaller;
        }
        same
    }

    /// Leaves out runs of a list's members, long ones first.
    fn part<T>(&mut self, list: impl Fn(&mut Scenario) -> &mut Vec<T>) {
        let mut len = list(&mut self.best).len();
        while len > 0 {
            let mut start = 0;
            while start < list(&mut self.best).len() {
                let mut smaller = self.best.clone();
                let members = list(&mut smaller);
                let end = (start + len).min(members.len());
                members.drain(start..end);
                if !self.try_out(smaller) {
                    start += len;
                }
            }
            len /= 2;
        }
    }

    /// Leaves out kinds of faults.
    fn rates(&mut self) {
        let kinds: [fn(&mut Rates) -> &mut u32; 17] = [
            |rates| &mut rates.dropped,
            |rates| &mut rates.lock_wait,
            |rates| &mut rates.deadlock,
            |rates| &mut rates.slow,
            |rates| &mut rates.lost_before,
            |rates| &mut rates.lost_after,
            |rates| &mut rates.lost_late,
            |rates| &mut rates.till_closed,
            |rates| &mut rates.charge_lost,
            |rates| &mut rates.charge_late,
            |rates| &mut rates.charge_unheard,
            |rates| &mut rates.lease_late,
            |rates| &mut rates.lease_lost,
            |rates| &mut rates.lease_twice,
            |rates| &mut rates.news_lost,
            |rates| &mut rates.news_late,
            |rates| &mut rates.news_twice,
        ];
        for kind in kinds {
            let mut smaller = self.best.clone();
            if std::mem::take(kind(&mut smaller.rates)) > 0 {
                self.try_out(smaller);
            }
        }
    }

    /// Leaves out nodes, the last first.
    fn nodes(&mut self) {
        while self.best.nodes > 1 {
            let smaller = Scenario {
                nodes: self.best.nodes - 1,
                ..self.best.clone()
            };
            if !self.try_out(smaller) {
                return;
            }
        }
    }
}
