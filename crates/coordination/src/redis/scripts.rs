//! The scripts that run in Redis: each compares and changes in one step, and may run twice.
//!
//! A command whose answer was lost may have been carried out, so that every script leaves the same
//! behind when it is sent again.

use std::sync::LazyLock;

use ::redis::Script;

macro_rules! script {
    ($($file:literal),+) => {
        LazyLock::new(|| Script::new(concat!($(include_str!(concat!("scripts/", $file))),+)))
    };
}

pub(super) static ASK: LazyLock<Script> = script!("line.lua", "ask.lua");
pub(super) static LEAVE: LazyLock<Script> = script!("line.lua", "leave.lua");
pub(super) static RENEW: LazyLock<Script> = script!("line.lua", "renew.lua");
pub(super) static PUT: LazyLock<Script> = script!("put.lua");
pub(super) static FORGET: LazyLock<Script> = script!("forget.lua");
pub(super) static GET: LazyLock<Script> = script!("get.lua");
pub(super) static PULSE: LazyLock<Script> = script!("pulse.lua");
