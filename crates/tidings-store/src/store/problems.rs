//! Problems by their cause, and sending again what failed for one.

use tidings_apns::Timestamp;

use super::Store;
use crate::ids::{AppId, NotificationId, ReplayId};
use crate::problem::{Problem, ProblemId};
use crate::recipient::RecentException;
use crate::replay_plan::{ReplayOrigin, ReplayPlan, ReplayStepName, StepWish};
use crate::sqlite::problems;
use crate::sqlite::replays::{self, Wish};
use crate::store_error::StoreError;

impl Store {
    /// All problems, or those of an app, the newest first.
    pub async fn problems(&self, app: Option<AppId>) -> Result<Vec<Problem>, StoreError> {
        self.engine.read(move |reading| problems::all(reading, app)).await
    }

    /// The newest recipients that have a problem.
    pub async fn problem_examples(
        &self,
        problem: &Problem,
        limit: usize,
    ) -> Result<Vec<RecentException>, StoreError> {
        let numbers = problem.numbers.clone();
        self.engine
            .read(move |reading| problems::examples(reading, &numbers, limit))
            .await
    }

    /// Plans to send again what failed for a cause, and finds out whom that concerns; nothing is sent. A plan for it that has
    /// not ended is the one. `None` where the app has no such problem.
    pub async fn plan_replay(
        &self,
        app: AppId,
        problem: ProblemId,
        actor: &str,
        now: Timestamp,
    ) -> Result<Option<ReplayPlan>, StoreError> {
        let actor = actor.to_owned();
        let wish = self
            .engine
            .write(move |writing| replays::plan(writing, app, problem, &actor, now))
            .await?;
        match wish {
            Wish::Unknown => Ok(None),
            Wish::Known(id) => self.replay(app, id).await,
            Wish::New(id, sweep) => {
                self.run_sweep(sweep).await?;
                self.replay(app, id).await
            }
        }
    }

    /// Begins a step of a plan, if it may begin: when this returns, its notifications are on the disk. One that had begun
    /// before is not begun again.
    pub async fn begin_replay_step(
        &self,
        app: AppId,
        id: ReplayId,
        step: ReplayStepName,
        actor: &str,
        now: Timestamp,
    ) -> Result<Option<StepWish>, StoreError> {
        let actor = actor.to_owned();
        let begun = self
            .engine
            .write(move |writing| {
                let Some(plan) = replays::find(writing.reading(), app, id)? else {
                    return Ok(None);
                };
                if plan.steps.iter().any(|begun| begun.name == step) {
                    return Ok(Some(Err(StepWish::Known(plan))));
                }
                Ok(Some(
                    match replays::begin_step(writing, &plan, step, &actor, now)? {
                        Some(sweep) => Ok(sweep),
                        None => Err(StepWish::Refused(plan)),
                    },
                ))
            })
            .await?;
        match begun {
            None => Ok(None),
            Some(Err(not_begun)) => Ok(Some(not_begun)),
            Some(Ok(sweep)) => {
                self.run_sweep(sweep).await?;
                Ok(self.replay(app, id).await?.map(StepWish::Begun))
            }
        }
    }

    /// Ends a plan: nothing more of it is sent. `None` where there is none.
    pub async fn stop_replay(
        &self,
        app: AppId,
        id: ReplayId,
        actor: &str,
        now: Timestamp,
    ) -> Result<Option<ReplayPlan>, StoreError> {
        let actor = actor.to_owned();
        self.engine
            .write(move |writing| {
                let Some(plan) = replays::find(writing.reading(), app, id)? else {
                    return Ok(None);
                };
                replays::stop(writing, &plan, &actor, now)?;
                replays::find(writing.reading(), app, id)
            })
            .await
    }

    /// A plan of an app, with what came of its steps.
    pub async fn replay(&self, app: AppId, id: ReplayId) -> Result<Option<ReplayPlan>, StoreError> {
        self.engine
            .read(move |reading| replays::find(reading, app, id))
            .await
    }

    /// A plan, whichever app it is of.
    pub async fn replay_by_id(&self, id: ReplayId) -> Result<Option<ReplayPlan>, StoreError> {
        self.engine
            .read(move |reading| replays::find_any(reading, id))
            .await
    }

    /// The plans for an app's problem, or for all problems of all apps; the newest first.
    pub async fn newest_replays(
        &self,
        of: Option<(AppId, ProblemId)>,
        limit: usize,
    ) -> Result<Vec<ReplayPlan>, StoreError> {
        self.engine
            .read(move |reading| replays::newest(reading, of, limit))
            .await
    }

    /// Which of these notifications send again what had failed.
    pub async fn replay_origins(&self, ids: Vec<NotificationId>) -> Result<Vec<ReplayOrigin>, StoreError> {
        self.engine
            .read(move |reading| replays::origins(reading, &ids))
            .await
    }
}
