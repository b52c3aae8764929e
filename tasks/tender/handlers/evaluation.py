"""The panel, its scores, the ranking, and offers in negotiation."""

from __future__ import annotations

import random
from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import BpmnError, HandlerFailed, JobContext, handler
from tasks.amounts import HUNDRED, ZERO, mean, to_money, to_score
from tasks.currency import EXCHANGE_RATES, to_cny
from tasks.records_base import get, made
from tasks.tender.bids import STILL_IN, bidder_of, bids_of_round, price_facts, price_of, reject
from tasks.tender.records import Bid, BidState, Coi, Evaluation, PanelMember, Tender, TenderState
from tasks.tender.scoring import (
    GAP_OF_ONE_BID,
    PRICE,
    InvalidPrice,
    PriceFormula,
    outliers,
    rank_bids,
)

PANEL_TOO_SMALL = "PANEL_TOO_SMALL"
MISSING_SCORE = "MISSING_SCORE"
SCORE_INVALID = "SCORE_INVALID"
INVALID_PRICE = "INVALID_PRICE"


@dataclass(frozen=True, kw_only=True)
class Declaration:
    evaluator: str
    coi: Coi
    relation: str = ""


@dataclass(frozen=True, kw_only=True)
class Panel:
    panel: list[str]
    drawn: list[str]


@dataclass(frozen=True, kw_only=True)
class ScoreLine:
    bid_id: int
    bidder: str
    criterion: str
    criterion_name: str
    maximum: Decimal
    score: Decimal | None = None
    comment: str = ""


@dataclass(frozen=True, kw_only=True)
class ScoreSheet:
    score_sheet: list[ScoreLine]


@dataclass(frozen=True, kw_only=True)
class GivenScore:
    bid_id: int
    criterion: str
    score: Decimal | None = None
    comment: str | None = None


@dataclass(frozen=True, kw_only=True)
class GivenSheet:
    evaluator: str
    scores: list[GivenScore] | None = None


@dataclass(frozen=True, kw_only=True)
class Outlier:
    evaluator: str
    bid_id: int
    bidder: str
    criterion: str
    score: Decimal
    mean: Decimal


@dataclass(frozen=True, kw_only=True)
class Aggregated:
    means: dict[str, dict[str, Decimal]]
    outliers: list[Outlier]
    valid_bids: int


@dataclass(frozen=True, kw_only=True)
class Judgement:
    bid_id: int
    accepted: bool
    explanation: str | None = None
    reason: str | None = None


@dataclass(frozen=True, kw_only=True)
class Place:
    bid_id: int
    bidder: str
    price: Decimal
    price_score: Decimal
    total: Decimal
    rank: int


@dataclass(frozen=True, kw_only=True)
class Result:
    ranking: list[Place]
    base_price: Decimal
    score_gap: Decimal
    tied: bool
    top_over_budget: bool
    unresolved_low: bool
    valid_bids: int
    winner_bid_id: int | None
    amount_cny: Decimal


@dataclass(frozen=True, kw_only=True)
class OfferMade:
    bid_id: int
    price: Decimal


@dataclass(frozen=True, kw_only=True)
class Offers:
    bids: list[dict[str, Any]]
    negotiation_round: int


@handler("panel.draw", error_codes=[PANEL_TOO_SMALL], names={"zh": "抽取评标专家", "en": "Draw the panel"})
def draw_panel(
    job: JobContext,
    tender_id: int,
    pool_group: str,
    size: int,
    seed: str,
    excluded: list[str] | None = None,
    declarations: list[Declaration] | None = None,
) -> Panel:
    """Draw evaluators by lot: `random.Random(seed).sample` of the sorted pool without the excluded.

    Called again with the declarations, it replaces whoever declared a conflict or did not answer. `drawn`
    are those still to be asked. The seed stands in the timeline. Error PANEL_TOO_SMALL.
    """
    records: Session = job.records
    tender = get(records, Tender, tender_id)
    members = _members(records, tender)
    for declaration in declarations or []:
        if declaration.evaluator in members:
            members[declaration.evaluator].coi = declaration.coi
            members[declaration.evaluator].relation = declaration.relation
            members[declaration.evaluator].touch(job.now)
    seated = [name for name, member in members.items() if member.coi in (Coi.ASKED, Coi.NONE)]
    pool = sorted(set(job.members(pool_group)) - set(excluded or []) - set(members))
    needed = size - len(seated)
    if needed > len(pool):
        raise BpmnError(
            PANEL_TOO_SMALL,
            f"{needed} more evaluators are needed and {len(pool)} of group {pool_group} are left",
        )
    lot = f"{seed}/{tender.round}/{len(members)}"
    drawn = sorted(random.Random(lot).sample(pool, needed)) if needed > 0 else []
    for evaluator in drawn:
        records.add(PanelMember(tender_id=tender.id, round=tender.round, evaluator=evaluator, **made(job)))
    records.flush()
    if drawn:
        job.log(f"drew {', '.join(drawn)} from {len(pool)} by the seed {lot}")
    asked = sorted(name for name in seated if members[name].coi == Coi.ASKED)
    return Panel(panel=sorted([*seated, *drawn]), drawn=[*asked, *drawn])


@handler("evaluation.open", names={"zh": "生成评分表", "en": "Lay out the score sheet"})
def open_evaluation(job: JobContext, tender_id: int, panel: list[str]) -> ScoreSheet:
    """One empty line per bid that is still in and criterion that people score; no price on it.

    Whoever is still on the panel has declared to have no conflict.
    """
    records: Session = job.records
    tender = get(records, Tender, tender_id)
    members = _members(records, tender)
    for evaluator in panel:
        if evaluator not in members:
            raise HandlerFailed(f"variable 'panel': {evaluator} was not drawn for tender {tender.code}")
        if members[evaluator].coi == Coi.ASKED:
            members[evaluator].coi = Coi.NONE
            members[evaluator].touch(job.now)
    lines = [
        ScoreLine(
            bid_id=bid.id,
            bidder=bidder_of(records, bid).name,
            criterion=criterion["key"],
            criterion_name=criterion["name"],
            maximum=criterion["max"],
        )
        for bid in bids_of_round(records, tender, STILL_IN)
        for criterion in tender.criteria
        if criterion["key"] != PRICE
    ]
    return ScoreSheet(score_sheet=lines)


@handler(
    "evaluation.aggregate",
    error_codes=[MISSING_SCORE, SCORE_INVALID],
    names={"zh": "汇总评分", "en": "Gather the scores"},
)
def aggregate(job: JobContext, tender_id: int, score_sheets: list[GivenSheet]) -> Aggregated:
    """Keep the scores, take the mean per bid and criterion (scaled to 0..100), name what stands out.

    Standing out: more than 20 % of the mean away from the mean. A bid below a criterion's threshold is out.
    Error SCORE_INVALID: outside 0..maximum, or by somebody who declared a conflict. Error MISSING_SCORE.
    """
    records: Session = job.records
    tender = get(records, Tender, tender_id)
    bids = bids_of_round(records, tender, STILL_IN)
    criteria = [c for c in tender.criteria if c["key"] != PRICE]
    given = _given(records, tender, bids, criteria, score_sheets)
    _keep(job, bids, criteria, given)
    means: dict[str, dict[str, Decimal]] = defaultdict(dict)
    found: list[Outlier] = []
    for bid in bids:
        below = False
        for criterion in criteria:
            scores = {e: rows[bid.id, criterion["key"]] for e, rows in given.items()}
            values = [line.score or ZERO for line in scores.values()]
            middle = mean(values)
            means[str(bid.id)][criterion["key"]] = to_score(middle * HUNDRED / criterion["max"])
            threshold = criterion["threshold"]
            below = below or (threshold is not None and to_score(middle) < threshold)
            evaluators = list(scores)
            for place in outliers(values):
                found.append(
                    Outlier(
                        evaluator=evaluators[place],
                        bid_id=bid.id,
                        bidder=bidder_of(records, bid).name,
                        criterion=criterion["key"],
                        score=values[place],
                        mean=to_score(middle),
                    )
                )
        bid.criterion_scores = dict(means[str(bid.id)])
        bid.touch(job.now)
        if below:
            reject(bid, "BELOW_THRESHOLD")
            bid.move_to(BidState.REJECTED, now=job.now)
    valid = sum(1 for bid in bids if bid.state in STILL_IN)
    return Aggregated(means=dict(means), outliers=found, valid_bids=valid)


@handler(
    "evaluation.score", error_codes=[INVALID_PRICE], names={"zh": "计算综合得分", "en": "Score the bids"}
)
def score_bids(
    job: JobContext,
    tender_id: int,
    formula: PriceFormula = PriceFormula.LOWEST_PRICE,
    judgements: list[Judgement] | None = None,
) -> Result:
    """Rank the bids still in: price score by the formula, total = Σ weight × score, ties by price.

    Prices and means come from the records. A low price whose explanation was not accepted is out first, so
    that it does not set the base price. Error INVALID_PRICE.
    """
    records: Session = job.records
    tender = get(records, Tender, tender_id)
    _drop_unexplained(job, judgements or [])
    bids = {bid.id: bid for bid in bids_of_round(records, tender, STILL_IN)}
    tender.move_to(TenderState.EVALUATED, now=job.now)
    if not bids:
        return _nobody()
    try:
        ranking = rank_bids(
            {key: price_of(bid) for key, bid in bids.items()},
            {key: _means(bid) for key, bid in bids.items()},
            tender.weights,
            formula,
        )
    except InvalidPrice as error:
        raise BpmnError(INVALID_PRICE, str(error)) from error
    except (KeyError, ValueError) as error:
        raise HandlerFailed(f"tender {tender.code} cannot be ranked: {error}") from error
    places: list[Place] = []
    for place in ranking.places:
        bid = bids[place.bid]
        bid.price_score, bid.total_score = place.price_score, place.total
        bid.rank, bid.tied = place.rank, place.tied
        bid.move_to(BidState.SCORED, now=job.now)
        places.append(
            Place(
                bid_id=bid.id,
                bidder=bidder_of(records, bid).name,
                price=place.price,
                price_score=place.price_score,
                total=place.total,
                rank=place.rank,
            )
        )
    tender.base_price, tender.score_gap = ranking.base_price, ranking.score_gap
    tender.touch(job.now)
    return Result(
        ranking=places,
        base_price=ranking.base_price,
        score_gap=ranking.score_gap,
        tied=ranking.tied,
        top_over_budget=places[0].price > tender.budget,
        unresolved_low=False,
        valid_bids=len(places),
        winner_bid_id=None if ranking.tied else places[0].bid_id,
        amount_cny=to_cny(places[0].price, tender.currency, job.services.get(EXCHANGE_RATES)),
    )


@handler("tender.record_offers", names={"zh": "登记谈判报价", "en": "Record negotiated offers"})
def record_offers(job: JobContext, tender_id: int, offers: list[OfferMade]) -> Offers:
    """New prices from a round of negotiation; the earlier ones stay with the bid. Then it is ranked anew."""
    records: Session = job.records
    tender = get(records, Tender, tender_id)
    bids = {bid.id: bid for bid in bids_of_round(records, tender, STILL_IN)}
    tender.negotiation_rounds += 1
    for offer in offers:
        bid = bids.get(offer.bid_id)
        if bid is None:
            raise HandlerFailed(f"variable 'offers': bid {offer.bid_id} takes no part in {tender.code}")
        price = to_money(offer.price)
        if price != bid.price:
            earlier = {"round": tender.negotiation_rounds, "price": bid.price, "at": job.now.isoformat()}
            bid.offers = [*bid.offers, earlier]
            bid.price = price
            bid.touch(job.now)
    tender.touch(job.now)
    records.flush()
    facts = price_facts(records, tender, list(bids.values()))
    return Offers(bids=facts, negotiation_round=tender.negotiation_rounds)


def _members(records: Session, tender: Tender) -> dict[str, PanelMember]:
    found = records.scalars(
        select(PanelMember).where(PanelMember.tender_id == tender.id, PanelMember.round == tender.round)
    )
    return {member.evaluator: member for member in found}


def _given(
    records: Session,
    tender: Tender,
    bids: list[Bid],
    criteria: list[dict[str, Any]],
    sheets: list[GivenSheet],
) -> dict[str, dict[tuple[int, str], GivenScore]]:
    """Per evaluator every score that is asked for, checked."""
    members = _members(records, tender)
    given: dict[str, dict[tuple[int, str], GivenScore]] = {}
    for sheet in sheets:
        member = members.get(sheet.evaluator)
        if member is None or member.coi != Coi.NONE:
            raise _invalid(f"{sheet.evaluator} is not on the panel or declared a conflict of interest")
        rows = {(line.bid_id, line.criterion): line for line in sheet.scores or []}
        given[sheet.evaluator] = {}
        for bid in bids:
            for criterion in criteria:
                line = rows.get((bid.id, criterion["key"]))
                what = f"{criterion['key']} of bid {bid.id} by {sheet.evaluator}"
                if line is None or line.score is None:
                    raise BpmnError(MISSING_SCORE, f"no score for {what}")
                if not 0 <= line.score <= criterion["max"]:
                    raise _invalid(f"{what} is {line.score}, allowed are 0 to {criterion['max']}")
                given[sheet.evaluator][bid.id, criterion["key"]] = line
    if bids and criteria and not given:
        raise BpmnError(MISSING_SCORE, "nobody has handed in scores")
    return given


def _invalid(problem: str) -> BpmnError:
    return BpmnError(SCORE_INVALID, problem, {"scoreProblem": problem})


def _keep(
    job: JobContext,
    bids: list[Bid],
    criteria: list[dict[str, Any]],
    given: dict[str, dict[tuple[int, str], GivenScore]],
) -> None:
    """Write the scores; one that differs from an earlier evaluation archives it."""
    records: Session = job.records
    maxima = {c["key"]: c["max"] for c in criteria}
    known = {
        (e.bid_id, e.evaluator, e.criterion): e
        for e in records.scalars(
            select(Evaluation).where(
                Evaluation.bid_id.in_([bid.id for bid in bids]), Evaluation.archived_at.is_(None)
            )
        )
    }
    fresh: list[Evaluation] = []
    for evaluator, rows in given.items():
        for (bid_id, criterion), line in rows.items():
            earlier = known.get((bid_id, evaluator, criterion))
            score, comment = to_score(line.score or ZERO), line.comment or ""
            if earlier is not None and (earlier.score, earlier.comment) == (score, comment):
                continue
            if earlier is not None:
                earlier.archived_at = job.now
            fresh.append(
                Evaluation(
                    bid_id=bid_id,
                    evaluator=evaluator,
                    criterion=criterion,
                    score=score,
                    maximum=maxima[criterion],
                    comment=comment,
                    **made(job),
                )
            )
    records.flush()
    records.add_all(fresh)
    records.flush()


def _means(bid: Bid) -> dict[str, Decimal]:
    return {key: Decimal(value) for key, value in bid.criterion_scores.items()}


def _drop_unexplained(job: JobContext, judgements: list[Judgement]) -> None:
    for judgement in judgements:
        bid = get(job.records, Bid, judgement.bid_id)
        bid.explanation = judgement.explanation
        bid.touch(job.now)
        if not judgement.accepted and bid.state in STILL_IN:
            reject(bid, "LOW_PRICE_UNEXPLAINED")
            bid.move_to(BidState.REJECTED, now=job.now)
    job.records.flush()


def _nobody() -> Result:
    return Result(
        ranking=[],
        base_price=ZERO,
        score_gap=GAP_OF_ONE_BID,
        tied=False,
        top_over_budget=False,
        unresolved_low=False,
        valid_bids=0,
        winner_bid_id=None,
        amount_cny=ZERO,
    )
