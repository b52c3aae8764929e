"""The letters after an evaluation, in Chinese and English; each knows one bidder's own scores only."""

from __future__ import annotations

from tasks.tender.records import Bid, Tender


def award_letter(tender: Tender, bid: Bid, bidder: str, *, won: bool) -> str:
    """The whole text of the letter to one bidder."""
    verdict = (
        ("贵方中标。", "Your bid has won the award.")
        if won
        else ("贵方未中标,感谢参与。", "Your bid has not won the award. Thank you for taking part.")
    )
    lines = [
        f"{tender.code} {tender.title}",
        "",
        f"致 / To: {bidder}",
        f"回执 / Receipt: {bid.receipt}",
        "",
        *verdict,
        "",
        *_scores(bid),
    ]
    return "\n".join(lines) + "\n"


def _scores(bid: Bid) -> list[str]:
    lines = [f"{key}: {score}" for key, score in bid.criterion_scores.items()]
    if bid.price_score is not None:
        lines.append(f"价格分 / Price score: {bid.price_score:.2f}")
    if bid.total_score is not None:
        lines.append(f"综合得分 / Total: {bid.total_score:.2f}")
        lines.append(f"排名 / Rank: {bid.rank}")
    reasons = ", ".join(finding["reason"] for finding in bid.findings if finding["action"] == "reject")
    if reasons:
        lines.append(f"否决原因 / Rejected for: {reasons}")
    return lines
