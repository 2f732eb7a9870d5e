//! Clients: they ask, insist, click twice, go away, and write down what they were told.

mod asking;

use std::fmt;
use std::str::FromStr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use boxoffice::buyer::UserId;
use boxoffice::grade::{SeatLabel, SeatType};
use boxoffice::idempotency::IdempotencyKey;
use boxoffice::seats::{Layout, Seat};
use boxoffice::ticket_code::TicketKey;
use tokio::sync::Notify;
use tokio::time::timeout;
use uuid::Uuid;

use crate::dice::Dice;
use crate::history::{Ask, Nothing, Op, Shown, Status, Told};
use crate::nodes::Node;
use crate::scenario::{Beside, Card, ClientPlan, EventPlan, Step};
use crate::till::{NO_MONEY, SLOW_MONEY};
use crate::world::{DAWN_MICROS, World, lock, sleep_ms};

/// How often a client asks for the same thing before she lets it be.
const TRIES_MAX: u32 = 4;

/// How often an organizer tries to put an event on sale, or to call it off.
const OPEN_TRIES_MAX: u32 = 100;

/// How long a client waits for an event to be put on sale: for longer than faults last.
const OPENING_MAX: Duration = Duration::from_mins(1);

/// Where clients ask, and where what they were told is kept.
pub(crate) struct Town {
    pub(crate) world: Arc<World>,
    pub(crate) nodes: Vec<Arc<Node>>,
    pub(crate) history: Mutex<Vec<Op>>,
    /// The grades of each event, by their place in the scenario.
    pub(crate) grades: Vec<Vec<SeatType>>,
    pub(crate) plans: Vec<EventPlan>,
    /// Which events are known to be on sale, by their place in the scenario.
    pub(crate) on_sale: Mutex<Vec<bool>>,
    /// Tells who waits for one of them.
    pub(crate) opened: Notify,
    /// What the nodes sign tickets with, for who shows one of hers at the door.
    pub(crate) ticket_key: TicketKey,
    pub(crate) seed: u64,
}

impl Town {
    /// Whether an event is known to be on sale.
    pub(crate) fn is_on_sale(&self, event: usize) -> bool {
        lock(&self.on_sale)[event]
    }

    /// Waits until an event is on sale.
    async fn opening(&self, event: usize) {
        loop {
            let opened = self.opened.notified();
            if self.is_on_sale(event) {
                return;
            }
            opened.await;
        }
    }

    fn set_on_sale(&self, event: i64) {
        let place = usize::try_from(event - 1).unwrap_or(usize::MAX);
        if let Some(is) = lock(&self.on_sale).get_mut(place) {
            *is = true;
        }
        self.opened.notify_waiters();
    }
}

/// A reservation that a client was told is hers.
struct Own {
    event: i64,
    id: Uuid,
    quantity: u32,
    /// When it ends, where it was held when she last heard of it.
    expires_at: Option<i64>,
}

/// One client on her way through her steps.
pub(crate) struct Client {
    pub(crate) town: Arc<Town>,
    pub(crate) plan: ClientPlan,
    dice: Dice,
    user: UserId,
    keys: u32,
    /// The oldest first.
    own: Vec<Own>,
    /// The last that she had and has no more.
    given_back: Option<Own>,
    last_keyed: Option<Arc<Ask>>,
}

impl Client {
    pub(crate) fn new(town: Arc<Town>, plan: ClientPlan) -> Self {
        let kind = if plan.poison { "poison" } else { "u" };
        Self {
            dice: Dice::new(town.seed, 1 << 48 | u64::from(plan.number)),
            user: name(&[kind, &plan.user.to_string()].concat()),
            town,
            plan,
            keys: 0,
            own: Vec::new(),
            given_back: None,
            last_keyed: None,
        }
    }

    /// Does everything that she came for.
    pub(crate) async fn run(mut self) {
        sleep_ms(self.plan.arrives_ms).await;
        for step in std::mem::take(&mut self.plan.steps) {
            if let Step::AwaitOpening { event } = step {
                let opens = self.town.opening(event as usize);
                if timeout(OPENING_MAX, opens).await.is_err() {
                    return;
                }
            } else {
                self.step(step).await;
            }
        }
    }

    async fn step(&mut self, step: Step) {
        match step {
            Step::Reserve {
                event,
                grade,
                quantity,
                keyed,
                named,
                double,
                give_up_ms,
            } => {
                let key = keyed.then(|| self.new_key());
                let ask = self.reserve(event, grade, quantity, named, key);
                if keyed {
                    self.last_keyed = Some(Arc::clone(&ask));
                }
                if double {
                    self.ask_twice(&ask).await;
                } else {
                    self.insist(&ask, give_up_ms).await;
                }
            }
            Step::Again { changed } => self.again(changed).await,
            Step::Cancel {
                keyed,
                twice,
                give_up_ms,
            } => self.cancel(keyed, twice, give_up_ms).await,
            Step::Pay {
                keyed,
                card,
                beside,
                give_up_ms,
            } => self.pay(keyed, card, beside, give_up_ms).await,
            Step::PayLate { late_ms } => self.pay_late(late_ms).await,
            Step::Extend { keyed, give_up_ms } => self.extend(keyed, give_up_ms).await,
            Step::Enter { undo, keyed, twice } => self.enter(undo, keyed, twice).await,
            Step::Open { event } => self.open(event).await,
            Step::CallOff { event } => {
                let event = i64::from(event) + 1;
                self.insist(&Arc::new(Ask::CallOff { event }), None).await;
            }
            Step::AwaitOpening { .. } => {}
            Step::Look { event } => {
                let event = i64::from(event) + 1;
                self.insist(&Arc::new(Ask::Look { event }), None).await;
            }
            Step::Show => {
                if let Some(Own { event, id, .. }) = self.own.last() {
                    let (event, id) = (*event, *id);
                    self.insist(&Arc::new(Ask::Show { event, id }), None).await;
                }
            }
            Step::Profile { give_up_ms } => {
                let user = name(&format!("{}-{}", self.user, self.plan.number));
                self.insist(&Arc::new(Ask::Profile { user }), give_up_ms)
                    .await;
            }
            Step::Think { ms } => sleep_ms(ms).await,
        }
    }

    async fn again(&mut self, changed: bool) {
        let Some(mut ask) = self.last_keyed.clone() else {
            return;
        };
        if let (
            true,
            Ask::Reserve {
                quantity, seats, ..
            },
        ) = (changed, Arc::make_mut(&mut ask))
        {
            *quantity = *quantity % 10 + 1;
            seats.clear();
        }
        self.insist(&ask, None).await;
    }

    /// Her oldest reservation and its event.
    fn oldest(&self) -> Option<(i64, Uuid)> {
        let oldest = self.own.first()?;
        Some((oldest.event, oldest.id))
    }

    async fn cancel(&mut self, keyed: bool, twice: bool, give_up_ms: Option<u32>) {
        let Some((event, id)) = self.oldest() else {
            return;
        };
        let key = keyed.then(|| self.new_key());
        let user = self.user.clone();
        let ask = Arc::new(Ask::Cancel {
            event,
            user,
            id,
            key,
        });
        if twice {
            self.ask_twice(&ask).await;
        } else {
            self.insist(&ask, give_up_ms).await;
        }
    }

    async fn extend(&mut self, keyed: bool, give_up_ms: Option<u32>) {
        let Some((event, id)) = self.oldest() else {
            return;
        };
        let key = keyed.then(|| self.new_key());
        let user = self.user.clone();
        let ask = Arc::new(Ask::Extend {
            event,
            user,
            id,
            key,
        });
        if give_up_ms.is_none() && self.dice.percent(30) {
            self.ask_twice(&ask).await;
        } else {
            self.insist(&ask, give_up_ms).await;
        }
    }

    /// Goes in with one of her tickets, or out again.
    async fn enter(&mut self, undo: bool, keyed: bool, twice: bool) {
        // Who has none any more, tries what she had.
        let Some(Own {
            event,
            id,
            quantity,
            ..
        }) = self.own.first().or(self.given_back.as_ref())
        else {
            return;
        };
        let (event, id, quantity) = (*event, *id, *quantity);
        let ask = Arc::new(Ask::Enter {
            event,
            id,
            // Mostly the same one, so that it is shown more than once.
            number: self.dice.within(1..=quantity.min(2)),
            undo,
            key: keyed.then(|| self.new_key()),
        });
        if twice {
            self.ask_twice(&ask).await;
        } else {
            self.insist(&ask, None).await;
        }
    }

    /// Puts an event on sale, however often it takes.
    async fn open(&mut self, event: u32) {
        let key = self.new_key();
        let ask = Arc::new(Ask::Open {
            event: i64::from(event) + 1,
            key,
        });
        self.insist(&ask, None).await;
    }

    /// Pays just when her oldest hold ends, or about then.
    async fn pay_late(&mut self, late_ms: i32) {
        let held = self.own.iter().position(|own| own.expires_at.is_some());
        let Some(held) = held else { return };
        let own = self.own.remove(held);
        let ends = own.expires_at.unwrap_or(0) + i64::from(late_ms) * 1_000 - DAWN_MICROS;
        self.own.insert(0, own);
        let ends = Duration::from_micros(u64::try_from(ends).unwrap_or(0));
        tokio::time::sleep(ends.saturating_sub(self.town.world.elapsed())).await;
        let keyed = self.dice.percent(50);
        self.pay(keyed, Card::Good, Beside::Nothing, None).await;
    }

    /// Pays, and does something else at the same moment perhaps.
    async fn pay(&mut self, keyed: bool, card: Card, beside: Beside, give_up_ms: Option<u32>) {
        let Some((event, id)) = self.oldest() else {
            return;
        };
        let user = self.user.clone();
        let pay = Arc::new(Ask::Pay {
            event,
            user: user.clone(),
            id,
            token: match card {
                Card::Good => "tok_ok",
                Card::Empty => NO_MONEY,
                Card::Slow => SLOW_MONEY,
            },
            key: keyed.then(|| self.new_key()),
        });
        match beside {
            Beside::Nothing => self.insist(&pay, give_up_ms).await,
            Beside::PayAgain => self.ask_both(&pay, &pay).await,
            Beside::Cancel => {
                let key = None;
                let cancel = Arc::new(Ask::Cancel {
                    event,
                    user,
                    id,
                    key,
                });
                self.ask_both(&pay, &cancel).await;
            }
        }
    }

    /// Seats of a grade that has numbers, next to each other or not; empty where it has none.
    fn seats(&mut self, event: u32, grade: u32, quantity: u32) -> Vec<SeatLabel> {
        let plan = &self.town.plans[event as usize].grades[grade as usize];
        let (Some(in_row), total) = (plan.seats_per_row, plan.total) else {
            return Vec::new();
        };
        let name = &self.town.grades[event as usize][grade as usize];
        let first = self.dice.below(total);
        let layout = Layout::new(name.clone(), total / in_row, in_row);
        let named = (0..quantity.min(total)).map(|next| {
            let seat = (first + next) % total;
            let (row, place) = (seat / in_row, seat % in_row);
            layout.label(Seat { row, place })
        });
        named.collect()
    }

    fn reserve(
        &mut self,
        event: u32,
        grade: u32,
        quantity: u32,
        named: bool,
        key: Option<IdempotencyKey>,
    ) -> Arc<Ask> {
        let seats = if named {
            self.seats(event, grade, quantity)
        } else {
            Vec::new()
        };
        let quantity = match seats.len() {
            0 => quantity,
            named => u32::try_from(named).unwrap_or(quantity),
        };
        let grades = &self.town.grades[event as usize];
        Arc::new(Ask::Reserve {
            seats,
            event: i64::from(event) + 1,
            user: self.user.clone(),
            grade: grades[grade as usize].clone(),
            quantity,
            key,
        })
    }

    fn new_key(&mut self) -> IdempotencyKey {
        self.keys += 1;
        let (number, keys) = (self.plan.number.to_string(), self.keys.to_string());
        name(&["k", &number, "-", &keys].concat())
    }

    /// Asks until she is told something, a few times at most; without a key only where nothing
    /// was done, because she would not know whether she bought twice.
    async fn insist(&mut self, ask: &Arc<Ask>, give_up_ms: Option<u32>) {
        let tries_max = match **ask {
            Ask::Open { .. } | Ask::CallOff { .. } => OPEN_TRIES_MAX,
            _ => TRIES_MAX,
        };
        for _ in 0..tries_max {
            let told = self.ask(ask, give_up_ms).await;
            self.learn(told.as_deref());
            let again = match (told.as_deref(), &**ask) {
                (None | Some(Told::Unknown { .. }), Ask::Reserve { key, .. }) => key.is_some(),
                (None | Some(Told::Unknown { .. }), ask) => !matches!(ask, Ask::Look { .. }),
                (Some(Told::Nothing(why)), _) => *why != Nothing::Internal,
                (Some(_), _) => false,
            };
            if !again || give_up_ms.is_some() {
                return;
            }
            let ms = self.dice.within(20..=600);
            sleep_ms(ms).await;
        }
    }

    /// Clicks twice: the same request, two connections, two nodes perhaps.
    async fn ask_twice(&mut self, ask: &Arc<Ask>) {
        self.ask_both(ask, ask).await;
    }

    async fn ask_both(&mut self, ask: &Arc<Ask>, beside: &Arc<Ask>) {
        let (one, other) = (self.node(), self.node());
        let first = asking::ask(&self.town, &self.plan, one, ask, None);
        let second = asking::ask(&self.town, &self.plan, other, beside, None);
        let both = futures_util::future::join(Box::pin(first), Box::pin(second));
        let (first, second) = both.await;
        self.learn(first.as_deref());
        self.learn(second.as_deref());
    }

    async fn ask(&mut self, ask: &Arc<Ask>, give_up_ms: Option<u32>) -> Option<Arc<Told>> {
        let (node, give_up) = (self.node(), give_up_ms.map(millis));
        // On the heap: the way through the box office is long, and would be moved at every level.
        Box::pin(asking::ask(&self.town, &self.plan, node, ask, give_up)).await
    }

    /// The node that the balancer sends her to: one that listens, where there is one.
    fn node(&mut self) -> usize {
        if let Some(node) = self.plan.node {
            return node as usize;
        }
        let nodes = &self.town.nodes;
        let count = u32::try_from(nodes.len()).unwrap_or(1);
        let first = self.dice.below(count) as usize;
        let from_first = (0..nodes.len()).map(|i| (first + i) % nodes.len());
        let mut up = from_first.filter(|index| nodes[*index].is_up());
        up.next().unwrap_or(first)
    }

    /// Remembers what is hers.
    fn learn(&mut self, told: Option<&Told>) {
        match told {
            Some(Told::Done { shown, .. } | Told::Reservation(shown)) => self.remember(shown),
            Some(Told::Opened { event }) => self.town.set_on_sale(*event),
            Some(Told::AlreadyCancelled | Told::HoldExpired) if !self.own.is_empty() => {
                self.given_back = Some(self.own.remove(0));
            }
            _ => {}
        }
    }

    fn remember(&mut self, shown: &Shown) {
        let known = self.own.iter().position(|own| own.id == shown.id);
        let live = matches!(
            shown.status,
            Status::Held | Status::Paying | Status::Confirmed
        );
        match (known, live) {
            (Some(index), false) => self.given_back = Some(self.own.remove(index)),
            (Some(index), true) => self.own[index].expires_at = shown.expires_at,
            (None, true) => self.own.push(Own {
                event: shown.event,
                id: shown.id,
                quantity: shown.quantity,
                expires_at: shown.expires_at,
            }),
            (None, false) => {}
        }
    }
}

fn millis(ms: u32) -> Duration {
    Duration::from_millis(ms.into())
}

/// A name that is well formed, because it was made here.
fn name<T: FromStr<Err: fmt::Debug>>(text: &str) -> T {
    text.parse().expect("a name of ours")
}

/// Writes down that a request begins.
pub(crate) fn write_down(town: &Town, op: Op) -> usize {
    let mut history = lock(&town.history);
    history.push(op);
    history.len() - 1
}
