"""Literature that a methods section cites, and the list of what was cited."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple


class Work(NamedTuple):
    """How a work is cited in the text, and its entry in the list of references."""

    citation: str
    entry: str


_WORKS = {
    "aalen1978": Work(
        "Aalen and Johansen 1978",
        "Aalen OO, Johansen S. An empirical transition matrix for non-homogeneous Markov chains based on "
        "censored observations. Scandinavian Journal of Statistics 1978;5:141-150.",
    ),
    "bair2006": Work(
        "Bair et al. 2006",
        "Bair E, Hastie T, Paul D, Tibshirani R. Prediction by supervised principal components. Journal of "
        "the American Statistical Association 2006;101:119-137.",
    ),
    "benichou1990": Work(
        "Benichou and Gail 1990",
        "Benichou J, Gail MH. Estimates of absolute cause-specific risk in cohort studies. Biometrics "
        "1990;46:813-826.",
    ),
    "benjamini1995": Work(
        "Benjamini and Hochberg 1995",
        "Benjamini Y, Hochberg Y. Controlling the false discovery rate: a practical and powerful approach to "
        "multiple testing. Journal of the Royal Statistical Society B 1995;57:289-300.",
    ),
    "blanche2013": Work(
        "Blanche et al. 2013",
        "Blanche P, Dartigues JF, Jacqmin-Gadda H. Estimating and comparing time-dependent areas under "
        "receiver operating characteristic curves for censored event times with competing risks. Statistics"
        " in Medicine 2013;32:5381-5397.",
    ),
    "bovy2011": Work(
        "Bovy et al. 2011",
        "Bovy J, Hogg DW, Roweis ST. Extreme deconvolution: inferring complete distribution functions from "
        "noisy, heterogeneous and incomplete observations. Annals of Applied Statistics 2011;5:1657-1677.",
    ),
    "breiman2001": Work("Breiman 2001", "Breiman L. Random forests. Machine Learning 2001;45:5-32."),
    "breslow1972": Work(
        "Breslow 1972",
        "Breslow NE. Discussion of the paper by D. R. Cox. Journal of the Royal Statistical Society B "
        "1972;34:216-217.",
    ),
    "brier1950": Work(
        "Brier 1950",
        "Brier GW. Verification of forecasts expressed in terms of probability. Monthly Weather Review "
        "1950;78:1-3.",
    ),
    "buades2005": Work(
        "Buades et al. 2005",
        "Buades A, Coll B, Morel JM. A non-local algorithm for image denoising. Proceedings of the IEEE "
        "Conference on Computer Vision and Pattern Recognition 2005;2:60-65.",
    ),
    "cai2023": Work(
        "Cai et al. 2023",
        "Cai B, Luo Y, Guo X, Pellegrini F, Pang M, de Moor C, Shen C, Charu V, Tian L. Bootstrapping the "
        "cross-validation estimate. arXiv:2307.00260, 2023.",
    ),
    "candes2018": Work(
        "Candès et al. 2018",
        "Candès E, Fan Y, Janson L, Lv J. Panning for gold: model-X knockoffs for high dimensional "
        "controlled variable selection. Journal of the Royal Statistical Society B 2018;80:551-577.",
    ),
    "collins2016": Work(
        "Collins et al. 2016",
        "Collins GS, Ogundimu EO, Altman DG. Sample size considerations for the external validation of a "
        "multivariable prognostic model: a resampling study. Statistics in Medicine 2016;35:214-226.",
    ),
    "cox1958": Work(
        "Cox 1958",
        "Cox DR. Two further applications of a model for binary regression. Biometrika 1958;45:562-565.",
    ),
    "cox1972": Work(
        "Cox 1972",
        "Cox DR. Regression models and life-tables. Journal of the Royal Statistical Society B "
        "1972;34:187-220.",
    ),
    "davidson2019": Work(
        "Davidson-Pilon 2019",
        "Davidson-Pilon C. lifelines: survival analysis in Python. Journal of Open Source Software "
        "2019;4(40):1317.",
    ),
    "ding2005": Work(
        "Ding and Peng 2005",
        "Ding C, Peng H. Minimum redundancy feature selection from microarray gene expression data. Journal "
        "of Bioinformatics and Computational Biology 2005;3:185-205.",
    ),
    "firth1993": Work(
        "Firth 1993",
        "Firth D. Bias reduction of maximum likelihood estimates. Biometrika 1993;80:27-38.",
    ),
    "fortin2018": Work(
        "Fortin et al. 2018",
        "Fortin JP, Cullen N, Sheline YI, et al. Harmonization of cortical thickness measurements across "
        "scanners and sites. NeuroImage 2018;167:104-120.",
    ),
    "freedman1983": Work(
        "Freedman and Lane 1983",
        "Freedman D, Lane D. A nonstochastic interpretation of reported significance levels. Journal of "
        "Business and Economic Statistics 1983;1:292-298.",
    ),
    "friedman2002": Work(
        "Friedman 2002",
        "Friedman JH. Stochastic gradient boosting. Computational Statistics and Data Analysis "
        "2002;38:367-378.",
    ),
    "graf1999": Work(
        "Graf et al. 1999",
        "Graf E, Schmoor C, Sauerbrei W, Schumacher M. Assessment and comparison of prognostic "
        "classification schemes for survival data. Statistics in Medicine 1999;18:2529-2545.",
    ),
    "grambsch1994": Work(
        "Grambsch and Therneau 1994",
        "Grambsch PM, Therneau TM. Proportional hazards tests and diagnostics based on weighted residuals. "
        "Biometrika 1994;81:515-526.",
    ),
    "griethuysen2017": Work(
        "van Griethuysen et al. 2017",
        "van Griethuysen JJM, Fedorov A, Parmar C, Hosny A, Aucoin N, Narayan V, Beets-Tan RGH, "
        "Fillion-Robin JC, Pieper S, Aerts HJWL. Computational radiomics system to decode the radiographic "
        "phenotype. Cancer Research 2017;77:e104-e107. doi:10.1158/0008-5472.CAN-17-0339.",
    ),
    "gudbjartsson1995": Work(
        "Gudbjartsson and Patz 1995",
        "Gudbjartsson H, Patz S. The Rician distribution of noisy MRI data. Magnetic Resonance in Medicine "
        "1995;34:910-914.",
    ),
    "harrell1996": Work(
        "Harrell et al. 1996",
        "Harrell FE, Lee KL, Mark DB. Multivariable prognostic models: issues in developing models, "
        "evaluating assumptions and adequacy, and measuring and reducing errors. Statistics in Medicine "
        "1996;15:361-387.",
    ),
    "heinze2001": Work(
        "Heinze and Schemper 2001",
        "Heinze G, Schemper M. A solution to the problem of monotone likelihood in Cox regression. "
        "Biometrics 2001;57:114-119.",
    ),
    "heinze2002": Work(
        "Heinze and Schemper 2002",
        "Heinze G, Schemper M. A solution to the problem of separation in logistic regression. Statistics "
        "in Medicine 2002;21:2409-2419.",
    ),
    "hoerl1970": Work(
        "Hoerl and Kennard 1970",
        "Hoerl AE, Kennard RW. Ridge regression: biased estimation for nonorthogonal problems. "
        "Technometrics 1970;12:55-67.",
    ),
    "horng2022": Work(
        "Horng et al. 2022",
        "Horng H, Singh A, Yousefi B, et al. Generalized ComBat harmonization methods for radiomic features "
        "with multi-modal distributions and multiple batch effects. Scientific Reports 2022;12:4493.",
    ),
    "hung2010": Work(
        "Hung and Chiang 2010",
        "Hung H, Chiang CT. Estimation methods for time-dependent AUC models with survival data. Canadian "
        "Journal of Statistics 2010;38:8-26.",
    ),
    "isensee2021": Work(
        "Isensee et al. 2021",
        "Isensee F, Jaeger PF, Kohl SAA, Petersen J, Maier-Hein KH. nnU-Net: a self-configuring method for "
        "deep learning-based biomedical image segmentation. Nature Methods 2021;18:203-211. "
        "doi:10.1038/s41592-020-01008-z.",
    ),
    "ishwaran2008": Work(
        "Ishwaran et al. 2008",
        "Ishwaran H, Kogalur UB, Blackstone EH, Lauer MS. Random survival forests. Annals of Applied "
        "Statistics 2008;2:841-860.",
    ),
    "johnson2007": Work(
        "Johnson et al. 2007",
        "Johnson WE, Li C, Rabinovic A. Adjusting batch effects in microarray expression data using "
        "empirical Bayes methods. Biostatistics 2007;8:118-127.",
    ),
    "kaplan1958": Work(
        "Kaplan and Meier 1958",
        "Kaplan EL, Meier P. Nonparametric estimation from incomplete observations. Journal of the American "
        "Statistical Association 1958;53:457-481.",
    ),
    "koo2016": Work(
        "Koo and Li 2016",
        "Koo TK, Li MY. A guideline of selecting and reporting intraclass correlation coefficients for "
        "reliability research. Journal of Chiropractic Medicine 2016;15:155-163.",
    ),
    "mattes2003": Work(
        "Mattes et al. 2003",
        "Mattes D, Haynor DR, Vesselle H, Lewellen TK, Eubank W. PET-CT image registration in the chest "
        "using free-form deformations. IEEE Transactions on Medical Imaging 2003;22:120-128.",
    ),
    "matthews1975": Work(
        "Matthews 1975",
        "Matthews BW. Comparison of the predicted and observed secondary structure of T4 phage lysozyme. "
        "Biochimica et Biophysica Acta 1975;405:442-451.",
    ),
    "mcgraw1996": Work(
        "McGraw and Wong 1996",
        "McGraw KO, Wong SP. Forming inferences about some intraclass correlation coefficients. "
        "Psychological Methods 1996;1:30-46.",
    ),
    "meinshausen2010": Work(
        "Meinshausen and Bühlmann 2010",
        "Meinshausen N, Bühlmann P. Stability selection. Journal of the Royal Statistical Society B "
        "2010;72:417-473.",
    ),
    "nyul2000": Work(
        "Nyúl et al. 2000",
        "Nyúl LG, Udupa JK, Zhang X. New variants of a method of MRI scale standardization. IEEE "
        "Transactions on Medical Imaging 2000;19:143-150.",
    ),
    "pedregosa2011": Work(
        "Pedregosa et al. 2011",
        "Pedregosa F, Varoquaux G, Gramfort A, et al. Scikit-learn: machine learning in Python. Journal of "
        "Machine Learning Research 2011;12:2825-2830.",
    ),
    "perona1990": Work(
        "Perona and Malik 1990",
        "Perona P, Malik J. Scale-space and edge detection using anisotropic diffusion. IEEE Transactions "
        "on Pattern Analysis and Machine Intelligence 1990;12:629-639.",
    ),
    "polsterl2020": Work(
        "Pölsterl 2020",
        "Pölsterl S. scikit-survival: a library for time-to-event analysis built on top of scikit-learn. "
        "Journal of Machine Learning Research 2020;21(212):1-6.",
    ),
    "piaggio2012": Work(
        "Piaggio et al. 2012",
        "Piaggio G, Elbourne DR, Pocock SJ, Evans SJW, Altman DG. Reporting of noninferiority and "
        "equivalence randomized trials: extension of the CONSORT 2010 statement. JAMA 2012;308:2594-2604.",
    ),
    "puhr2017": Work(
        "Puhr et al. 2017",
        "Puhr R, Heinze G, Nold M, Lusa L, Geroldinger A. Firth's logistic regression with rare events: "
        "accurate effect estimates and predictions? Statistics in Medicine 2017;36:2302-2317.",
    ),
    "ridgeway1999": Work(
        "Ridgeway 1999",
        "Ridgeway G. The state of boosting. Computing Science and Statistics 1999;31:172-181.",
    ),
    "riley2019": Work(
        "Riley et al. 2019",
        "Riley RD, Snell KIE, Ensor J, Burke DL, Harrell FE, Moons KGM, Collins GS. Minimum sample size for "
        "developing a multivariable prediction model: part II - binary and time-to-event outcomes. "
        "Statistics in Medicine 2019;38:1276-1296.",
    ),
    "royston2013": Work(
        "Royston and Parmar 2013",
        "Royston P, Parmar MKB. Restricted mean survival time: an alternative to the hazard ratio for the "
        "design and analysis of randomized trials with a time-to-event outcome. BMC Medical Research "
        "Methodology 2013;13:152.",
    ),
    "schemper1996": Work(
        "Schemper and Smith 1996",
        "Schemper M, Smith TL. A note on quantifying follow-up in studies of failure time. Controlled "
        "Clinical Trials 1996;17:343-346.",
    ),
    "schoop2011": Work(
        "Schoop et al. 2011",
        "Schoop R, Beyersmann J, Schumacher M, Binder H. Quantifying the predictive accuracy of time-to-"
        "event models in the presence of competing risks. Biometrical Journal 2011;53:88-112.",
    ),
    "shah2013": Work(
        "Shah and Samworth 2013",
        "Shah RD, Samworth RJ. Variable selection with error control: another look at stability selection. "
        "Journal of the Royal Statistical Society B 2013;75:55-80.",
    ),
    "shinohara2014": Work(
        "Shinohara et al. 2014",
        "Shinohara RT, Sweeney EM, Goldsmith J, Shiee N, Mateen FJ, Calabresi PA, Jarso S, Pham DL, Reich "
        "DS, Crainiceanu CM. Statistical normalization techniques for magnetic resonance imaging. "
        "NeuroImage: Clinical 2014;6:9-19.",
    ),
    "simon2011": Work(
        "Simon et al. 2011",
        "Simon RM, Subramanian J, Li MC, Menezes S. Using cross-validation to evaluate predictive accuracy "
        "of survival risk classifiers based on high-dimensional data. Briefings in Bioinformatics "
        "2011;12:203-214.",
    ),
    "stein2015": Work(
        "Stein et al. 2015",
        "Stein CK, Qu P, Epstein J, et al. Removing batch effects from purified plasma cell gene expression "
        "microarrays with modified ComBat. BMC Bioinformatics 2015;16:63.",
    ),
    "steyerberg2016": Work(
        "Steyerberg and Harrell 2016",
        "Steyerberg EW, Harrell FE. Prediction models need appropriate internal, internal-external, and "
        "external validation. Journal of Clinical Epidemiology 2016;69:245-247.",
    ),
    "tibshirani1996": Work(
        "Tibshirani 1996",
        "Tibshirani R. Regression shrinkage and selection via the lasso. Journal of the Royal Statistical "
        "Society B 1996;58:267-288.",
    ),
    "tustison2010": Work(
        "Tustison et al. 2010",
        "Tustison NJ, Avants BB, Cook PA, Zheng Y, Egan A, Yushkevich PA, Gee JC. N4ITK: improved N3 bias "
        "correction. IEEE Transactions on Medical Imaging 2010;29:1310-1320.",
    ),
    "uno2007": Work(
        "Uno et al. 2007",
        "Uno H, Cai T, Tian L, Wei LJ. Evaluating prediction rules for t-year survivors with censored "
        "regression models. Journal of the American Statistical Association 2007;102:527-537.",
    ),
    "uno2011": Work(
        "Uno et al. 2011",
        "Uno H, Cai T, Pencina MJ, D'Agostino RB, Wei LJ. On the C-statistics for evaluating overall "
        "adequacy of risk prediction procedures with censored survival data. Statistics in Medicine "
        "2011;30:1105-1117.",
    ),
    "vanhouwelingen2000": Work(
        "van Houwelingen 2000",
        "van Houwelingen HC. Validation, calibration, revision and combination of prognostic survival "
        "models. Statistics in Medicine 2000;19:3401-3415.",
    ),
    "verweij1993": Work(
        "Verweij and van Houwelingen 1993",
        "Verweij PJM, van Houwelingen HC. Cross-validation in survival analysis. Statistics in Medicine "
        "1993;12:2305-2314.",
    ),
    "vickers2006": Work(
        "Vickers and Elkin 2006",
        "Vickers AJ, Elkin EB. Decision curve analysis: a novel method for evaluating prediction models. "
        "Medical Decision Making 2006;26:565-574.",
    ),
    "wilson1927": Work(
        "Wilson 1927",
        "Wilson EB. Probable inference, the law of succession, and statistical inference. Journal of the "
        "American Statistical Association 1927;22:209-212.",
    ),
    "wolbers2009": Work(
        "Wolbers et al. 2009",
        "Wolbers M, Koller MT, Witteman JCM, Steyerberg EW. Prognostic models with competing risks: methods"
        " and application to coronary risk prediction. Epidemiology 2009;20:555-561.",
    ),
    "wolbers2014": Work(
        "Wolbers et al. 2014",
        "Wolbers M, Blanche P, Koller MT, Witteman JCM, Gerds TA. Concordance for prognostic models with "
        "competing risks. Biostatistics 2014;15:526-539.",
    ),
    "yeo2000": Work(
        "Yeo and Johnson 2000",
        "Yeo IK, Johnson RA. A new family of power transformations to improve normality or symmetry. "
        "Biometrika 2000;87:954-959.",
    ),
    "zhovannik2022": Work(
        "Zhovannik et al. 2022",
        "Zhovannik I, Bontempi D, Romita A, et al. Segmentation uncertainty estimation as a sanity check for "
        "image biomarker studies. Cancers 2022;14:1288.",
    ),
    "zou2005": Work(
        "Zou and Hastie 2005",
        "Zou H, Hastie T. Regularization and variable selection via the elastic net. Journal of the Royal "
        "Statistical Society B 2005;67:301-320.",
    ),
    "zou2008": Work(
        "Zou and Donner 2008",
        "Zou GY, Donner A. Construction of confidence limits about effect measures: a general approach. "
        "Statistics in Medicine 2008;27:1693-1702.",
    ),
    "whybra2024": Work(
        "Whybra et al. 2024",
        "Whybra P, Zwanenburg A, Andrearczyk V, Schaer R, Apte AP, Ayotte A, et al. The Image Biomarker "
        "Standardization Initiative: standardized convolutional filters for reproducible radiomics and "
        "enhanced clinical insights. Radiology 2024;310:e231319. doi:10.1148/radiol.231319.",
    ),
    "zwanenburg2020": Work(
        "Zwanenburg et al. 2020",
        "Zwanenburg A, Vallières M, Abdalah MA, Aerts HJWL, Andrearczyk V, Apte A, et al. The Image "
        "Biomarker Standardization Initiative: standardized quantitative radiomics for high-throughput "
        "image-based phenotyping. Radiology 2020;295:328-338. doi:10.1148/radiol.2020191145.",
    ),
    "welch2019": Work(
        "Welch et al. 2019",
        "Welch ML, McIntosh C, Haibe-Kains B, Milosevic MF, Wee L, Dekker A, Huang SH, Purdie TG, O'Sullivan "
        "B, Aerts HJWL, Jaffray DA. Vulnerabilities of radiomic signature development: the need for "
        "safeguards. Radiotherapy and Oncology 2019;130:2-9.",
    ),
}
#: The package itself, as CITATION.cff of its repository.
_ITSELF = "The nbradiomics developers. nbradiomics, version {version}. Computer software, Apache-2.0 licence."


@dataclass
class References:
    """What a text cites, collected while it is written."""

    cited: set[str] = field(default_factory=set)

    def __call__(self, *works: str) -> str:
        """Return a citation, such as ``(Koo and Li 2016)``, and put the works on the list."""
        self.cited.update(works)
        return f"({'; '.join(_WORKS[work].citation for work in works)})"

    def listed(self, version: str) -> list[str]:
        """Entries of the list, in alphabetical order; nbradiomics itself is always one."""
        entries = [_ITSELF.format(version=version), *(_WORKS[work].entry for work in self.cited)]
        return sorted(entries, key=str.casefold)
