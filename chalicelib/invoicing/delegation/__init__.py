"""The delega per la conservazione: a customer charges his intermediary with the legal preservation
of his documents (F004-025).

content   what it says, pure: from the customer, his sezionali and the intermediary to plain values
layout    where it stands: from those values to pages, pure
making    the PDF, made once for each content and kept
"""
