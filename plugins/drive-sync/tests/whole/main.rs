//! The actions on real folders and databases, without a component.

#[cfg(test)]
mod account;
#[cfg(test)]
mod account_parts;
#[cfg(test)]
mod account_race;
#[cfg(test)]
mod account_safety;
#[cfg(test)]
mod account_sheets;
#[cfg(test)]
mod account_web;
#[cfg(test)]
mod bad_input;
#[cfg(test)]
mod columns;
#[cfg(test)]
mod disturbed;
#[cfg(test)]
mod from_drive;
#[cfg(test)]
mod healing;
#[cfg(test)]
mod identity;
#[cfg(test)]
mod losses;
#[cfg(test)]
mod moving;
#[cfg(test)]
mod naive;
#[cfg(test)]
mod race;
#[cfg(test)]
mod sheets;
#[cfg(test)]
mod syncing;
#[cfg(test)]
mod test_drive;
#[cfg(test)]
mod test_services;
