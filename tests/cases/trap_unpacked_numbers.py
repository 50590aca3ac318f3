# %% include handout
# %%
import torch

net = torch.nn.Sequential(
    torch.nn.Linear(3, 4),
    torch.nn.Sigmoid(),
    torch.nn.Linear(4, 4),
    torch.nn.Sigmoid(),
    torch.nn.Linear(4, 2),
)
loss = torch.nn.MSELoss()
# %%
import base64
import zlib

t = zlib.decompress(
    base64.b85decode(
        "c${riy>b>Y4D9n1E}_Vwe@pK`PmxIhlXRJZVM4*%v$oH7DVVQW>67HuO1ii2e_ww$et3GK!>Wu*v(e#1RMfdmuL_ATuT<y0V6c0CerQj_V%5kMqtb<ILg^8*pt?FOXcR@ZGpVAV;Z#MsAiH+f1-YBG1;Io7%IpZ2mDyD}&rH-<UNaD1Y_+FbJwHD@yv>efb_~DacQQ2fGZ8Q&PH5iRh8nV7w@UB9OCUg|*f3H~7~yS0!|Nw+>AV{PjI&KZv~xmAu?uEg9a~g#+fdI*7-r%d8q0=~d3UVs)6YNezy7>`M(dAs5Y#k52RE({*l#TQ0Z;XZDFV$Q(v9WD$?g9!Z4i3-`sL-@*tthN+&L_XUmvNrX2%f0({<VSUlNTd!JaZSK`HcDGD4y?KA<icdu|&m5Y(xz6h0U`nUw|?Mv@qb_OYciWw790maD`}iKBuedif#}hjeoxI&C=$3z68-Veh7XjHcp<q%c<7)$}lw;<U@dheV78k=sMC8Ba{lR%z@hRHy=bnfzm_WQf%|Z9S+2>_12VqERyYodc^QHL<~c@V7SXQoKJ2EIX3Rvo0GIaXw=(^H!UKGpR!A88Ym`#WLGv<4N%JZ7b4ouX>dT5Di=n=?aO16<-cDx@=Y)yx;$mcdXrHb*Vf>L9NaL4SY-Z$QW7~He)c<bM)jqt}j2h1aqWhpRTR6uCtJeu|IQ{rIg*+7IugeCpO$=={^N~3l-baPApb_;j+H5Qr$hA&w2LBq`MT0_nHg!57=2K0R"
    )
).decode()
assert abs(parameters[0]).max() < 0.1
print(t)
